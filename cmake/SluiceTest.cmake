# How a test, an example and an end-to-end script are added: one line each, in tests/CMakeLists.txt.

find_package(PkgConfig REQUIRED)
pkg_check_modules(Criterion REQUIRED IMPORTED_TARGET criterion>=2.4)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

# Criterion exits 0 when it ran nothing (no test linked in, a filter that matches nothing), and
# neither a leak found after a test's body nor a sanitizer's report in a child makes it fail.
set(SLUICE_SILENT_GREENS "Tested: 0 ;Sanitizer;runtime error:")

# How many times longer everything may take.
set(SLUICE_SLOWNESS 1)
if(SLUICE_MEMCHECK)
  set(SLUICE_SLOWNESS 10)
elseif(SLUICE_SANITIZE OR SLUICE_COVERAGE)
  set(SLUICE_SLOWNESS 3)
endif()

# sluice_launcher(VARIABLE ENTRY [option...]): what stands before the command of this CTest entry:
# nothing, or what runs it under memcheck.
function(sluice_launcher variable entry)
  set(launcher "")
  if(SLUICE_MEMCHECK)
    set(launcher ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tests/memcheck/launch.py
        --entry ${entry} ${ARGN} --)
  endif()
  set(${variable} ${launcher} PARENT_SCOPE)
endfunction()

# What binutils offers is enough to name lines in a report; a crash inside a test is Criterion's
# to tell, not ThreadSanitizer's.
set(SLUICE_TEST_ENVIRONMENT
  "SLUICE_SLOWNESS=${SLUICE_SLOWNESS}"
  "ASAN_OPTIONS=allow_addr2line=1"
  "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0"
  "UBSAN_OPTIONS=print_stacktrace=1:allow_addr2line=1"
  "TSAN_OPTIONS=halt_on_error=1:handle_segv=0:allow_addr2line=1")

function(sluice_test_properties)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TIMEOUT" "TESTS;ENVIRONMENT")
  math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * ${SLUICE_SLOWNESS}")
  set_tests_properties(${arg_TESTS} PROPERTIES
    TIMEOUT ${arg_TIMEOUT}
    SKIP_RETURN_CODE 77
    FAIL_REGULAR_EXPRESSION "${SLUICE_SILENT_GREENS}"
    ENVIRONMENT "${SLUICE_TEST_ENVIRONMENT};${arg_ENVIRONMENT}")
endfunction()

# Most of the time that a build of the tests takes is the optimising of their own sources, and
# nothing is measured by how fast those run. What they test stays optimised.
set(SLUICE_TEST_OPTIMISATION $<$<NOT:$<CONFIG:Debug>>:-Og>)
if(SLUICE_SANITIZE)
  set(SLUICE_TEST_OPTIMISATION $<$<NOT:$<CONFIG:Debug>>:-O0>)
endif()

function(sluice_test_flags target)
  sluice_flags(${target} TESTS)
  target_compile_options(${target} PRIVATE ${SLUICE_TEST_OPTIMISATION})
  target_include_directories(${target} PRIVATE
    ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests ${PROJECT_BINARY_DIR}/include)
endfunction()

# sluice_test_support(NAME): tests/support/NAME.cc as objects, compiled once for all who link it.
function(sluice_test_support name)
  if(NOT TARGET support_${name})
    add_library(support_${name} OBJECT ${PROJECT_SOURCE_DIR}/tests/support/${name}.cc)
    sluice_test_flags(support_${name})
    target_link_libraries(support_${name} PRIVATE PkgConfig::Criterion)
  endif()
endfunction()

# What nearly every test includes is compiled once, which saves each of them half a second. A test
# that forgets an include of its own is found by the presets dev and coverage, which do without.
# A program precompiles, since what a library would is compiled with -fPIC where tests have -fPIE.
function(sluice_test_precompile target)
  if(NOT TARGET precompiled)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/tests/precompiled.cc CONTENT "int main() {}\n")
    add_executable(precompiled ${PROJECT_BINARY_DIR}/tests/precompiled.cc)
    sluice_test_flags(precompiled)
    target_link_libraries(precompiled PRIVATE PkgConfig::Criterion Threads::Threads)
    target_precompile_headers(precompiled PRIVATE <criterion/criterion.h>
      <algorithm> <array> <chrono> <functional> <memory> <optional> <set> <span> <stdexcept>
      <string> <string_view> <system_error> <thread> <utility> <vector>)
  endif()
  target_precompile_headers(${target} REUSE_FROM precompiled)
endfunction()

# sluice_test(NAME [SUPPORT name...] [BACKENDS] [PORTABLE] [SERIAL] [TIMEOUT seconds]):
# test_NAME.cc of this folder as one Criterion binary and one CTest entry, NAME, which
# SLUICE_TEST_PREFIX precedes where a folder sets it. The objects of the program that a folder sets
# as SLUICE_TEST_TOOL are linked, too. SUPPORT: linked with those of tests/support/. BACKENDS: the
# same binary once for each of epoll, poll and select, in SLUICE_TEST_BACKEND. PORTABLE: all of it
# again on the library's plain POSIX paths. SERIAL: alone, for what counts descriptors or processor
# time.
function(sluice_test file)
  cmake_parse_arguments(PARSE_ARGV 1 arg "BACKENDS;PORTABLE;SERIAL" "TIMEOUT" "SUPPORT")
  set(name ${SLUICE_TEST_PREFIX}${file})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sluice_test(${name}): what is ${arg_UNPARSED_ARGUMENTS}?")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(SLUICE_SANITIZE STREQUAL thread)
    list(APPEND arg_SUPPORT tsan_boxfort)
  endif()
  set(flavours "")
  if(arg_PORTABLE AND TARGET sluice_objects_portable)
    set(flavours _portable)
  endif()
  foreach(flavour IN LISTS flavours ITEMS "")
    set(binary test_${name}${flavour})
    add_executable(${binary} test_${file}.cc)
    sluice_test_flags(${binary})
    sluice_test_precompile(${binary})
    target_link_libraries(${binary} PRIVATE sluice_objects${flavour} PkgConfig::Criterion)
    foreach(support IN LISTS arg_SUPPORT)
      sluice_test_support(${support})
      target_link_libraries(${binary} PRIVATE support_${support})
    endforeach()
    if(SLUICE_TEST_TOOL)
      target_link_libraries(${binary} PRIVATE ${SLUICE_TEST_TOOL}_objects tools_common)
    endif()
    set_target_properties(${binary} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    string(REPLACE _ . suffix "${flavour}")
    if(arg_BACKENDS)
      foreach(backend IN ITEMS epoll poll select)
        sluice_add_test(${name}${suffix}.${backend} ${binary} SLUICE_TEST_BACKEND=${backend})
      endforeach()
    else()
      sluice_add_test(${name}${suffix} ${binary} "")
    endif()
  endforeach()
endfunction()

macro(sluice_add_test entry binary environment)
  sluice_launcher(launcher ${entry} --forked ${PROJECT_BINARY_DIR}/memcheck/libforked.so)
  add_test(NAME ${entry} COMMAND ${launcher} $<TARGET_FILE:${binary}> --color=never)
  sluice_test_properties(TESTS ${entry} TIMEOUT ${arg_TIMEOUT} ENVIRONMENT ${environment})
  if(arg_SERIAL)
    set_tests_properties(${entry} PROPERTIES RUN_SERIAL ON)
  endif()
endmacro()

# sluice_script_test(NAME SCRIPT [SERIAL] [TIMEOUT seconds] [ARGS argument...]): a .py, .sh or
# executable script, found beside the caller. It gets the programs in its environment (SLUICED,
# SLUICE_TALK, SLUICE_SCAN …), SOURCE_DIR and BUILD_DIR; exit status 77 means that something that it
# needs is not here.
function(sluice_script_test name script)
  cmake_parse_arguments(PARSE_ARGV 2 arg "SERIAL" "TIMEOUT" "ARGS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sluice_script_test(${name}): what is ${arg_UNPARSED_ARGUMENTS}?")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  set(command ${CMAKE_CURRENT_SOURCE_DIR}/${script})
  if(script MATCHES "\\.py$")
    list(PREPEND command ${Python3_EXECUTABLE} -B)
  elseif(script MATCHES "\\.sh$")
    list(PREPEND command sh)
  endif()
  sluice_launcher(launcher ${name} --script --examples ${PROJECT_BINARY_DIR}/examples)
  add_test(NAME ${name} COMMAND ${launcher} ${command} ${arg_ARGS})
  set(environment SOURCE_DIR=${PROJECT_SOURCE_DIR} BUILD_DIR=${PROJECT_BINARY_DIR})
  if(TARGET sluiced)
    list(APPEND environment SLUICED=$<TARGET_FILE:sluiced>)
  endif()
  if(TARGET sluice-talk)
    list(APPEND environment SLUICE_TALK=$<TARGET_FILE:sluice-talk>)
  endif()
  if(TARGET sluice-scan)
    list(APPEND environment SLUICE_SCAN=$<TARGET_FILE:sluice-scan>)
  endif()
  if(TARGET sluice-fetch)
    list(APPEND environment SLUICE_FETCH=$<TARGET_FILE:sluice-fetch>)
  endif()
  if(TARGET sluice-lookup)
    list(APPEND environment SLUICE_LOOKUP=$<TARGET_FILE:sluice-lookup>)
  endif()
  sluice_test_properties(TESTS ${name} TIMEOUT ${arg_TIMEOUT} ENVIRONMENT ${environment})
  if(arg_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# sluice_example(NAME): man/examples/NAME.cc as an outside program would be built: the shared
# library, the public headers, no warning. The binary is build/examples/NAME.
function(sluice_example name)
  add_executable(example_${name} ${PROJECT_SOURCE_DIR}/man/examples/${name}.cc)
  sluice_flags(example_${name})
  target_compile_options(example_${name} PRIVATE -Werror)
  target_link_libraries(example_${name} PRIVATE sluice::sluice)
  set_target_properties(example_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
  if(NOT TARGET examples)
    add_custom_target(examples)
  endif()
  add_dependencies(examples example_${name})
endfunction()

# sluice_check_public_headers(): each public header compiles alone, and brings no libev with it.
function(sluice_check_public_headers)
  get_property(headers GLOBAL PROPERTY SLUICE_HEADERS)
  set(sources "")
  foreach(header IN LISTS headers)
    string(MAKE_C_IDENTIFIER ${header} name)
    set(source ${PROJECT_BINARY_DIR}/headers/${name}.cc)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"#include <sluice/@header@>
#include <sluice/@header@>  // the include guard holds
#if defined(EV_VERSION_MAJOR) || defined(EV_MULTIPLICITY) || defined(EV_H_)
#error \"@header@ includes libev's header\"
#endif
")
    list(APPEND sources ${source})
  endforeach()
  if(sources)
    add_library(public_headers OBJECT ${sources})
    sluice_flags(public_headers)
    target_include_directories(public_headers PRIVATE ${PROJECT_BINARY_DIR}/include)
  endif()
endfunction()
