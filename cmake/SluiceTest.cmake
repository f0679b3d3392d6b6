# Functions that add a test, an example and an end-to-end script with one line each.

find_package(PkgConfig REQUIRED)
pkg_check_modules(Criterion REQUIRED IMPORTED_TARGET criterion>=2.4)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

# Criterion exits with 0 when it ran no test (none was linked in, or a filter matches none). Neither
# a leak that is found after a test's body nor a sanitizer's report in a child makes it fail.
set(SLUICE_SILENT_GREENS "Tested: 0 ;Sanitizer;runtime error:")

# The factor by which everything may take longer.
set(SLUICE_SLOWNESS 1)
if(SLUICE_MEMCHECK)
  set(SLUICE_SLOWNESS 10)
elseif(SLUICE_SANITIZE OR SLUICE_COVERAGE)
  set(SLUICE_SLOWNESS 3)
endif()

# sluice_launcher(VARIABLE ENTRY [option...]): sets VARIABLE to the prefix of the command of this
# CTest entry: nothing, or the command that runs it under memcheck.
function(sluice_launcher variable entry)
  set(launcher "")
  if(SLUICE_MEMCHECK)
    set(launcher ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tests/memcheck/launch.py
        --entry ${entry} ${ARGN} --)
  endif()
  set(${variable} ${launcher} PARENT_SCOPE)
endfunction()

# binutils' addr2line can name the lines in a report. Criterion, not ThreadSanitizer, reports a
# crash inside a test.
set(SLUICE_TEST_ENVIRONMENT
  "SLUICE_SLOWNESS=${SLUICE_SLOWNESS}"
  "ASAN_OPTIONS=allow_addr2line=1"
  "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0"
  "UBSAN_OPTIONS=print_stacktrace=1:allow_addr2line=1"
  "TSAN_OPTIONS=halt_on_error=1:handle_segv=0:allow_addr2line=1")

# Tests run beside each other, more of them than there are processors: no test may depend on having
# the machine for itself. What may take long (COST) starts first, so that nothing long is left over
# for the end.
function(sluice_test_properties)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TIMEOUT" "TESTS;ENVIRONMENT")
  math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * ${SLUICE_SLOWNESS}")
  set_tests_properties(${arg_TESTS} PROPERTIES
    TIMEOUT ${arg_TIMEOUT}
    COST ${arg_TIMEOUT}
    SKIP_RETURN_CODE 77
    FAIL_REGULAR_EXPRESSION "${SLUICE_SILENT_GREENS}"
    ENVIRONMENT "${SLUICE_TEST_ENVIRONMENT};${arg_ENVIRONMENT}")
endfunction()

# A build of the tests would spend most of its time optimizing the tests themselves, whose speed
# does not matter. The code under test is optimized.
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

# sluice_test_support(NAME): compiles tests/support/NAME.cc once, for all tests that link it.
function(sluice_test_support name)
  if(NOT TARGET support_${name})
    add_library(support_${name} OBJECT ${PROJECT_SOURCE_DIR}/tests/support/${name}.cc)
    sluice_test_flags(support_${name})
    target_link_libraries(support_${name} PRIVATE PkgConfig::Criterion)
  endif()
endfunction()

# Headers that nearly every test includes are precompiled, which saves half a second per test. The
# presets dev and coverage do without that, and so find a test that lacks an include. A program does
# the precompiling: a library would do it with -fPIC, but tests are compiled with -fPIE.
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

# sluice_test(NAME [SUPPORT name...] [BACKENDS] [PORTABLE] [TIMEOUT seconds]): makes a
# Criterion program of test_NAME.cc in the calling folder, and the CTest entry NAME. A folder may
# set SLUICE_TEST_PREFIX, which goes before NAME, and SLUICE_TEST_TOOL, a program whose objects are
# linked, and SLUICE_TEST_LIBRARY, a library beside the core.
#   SUPPORT   links these files of tests/support/
#   BACKENDS  runs it once for each of epoll, poll and select, which SLUICE_TEST_BACKEND names
#   PORTABLE  builds and runs it again on the library's plain POSIX calls
function(sluice_test file)
  cmake_parse_arguments(PARSE_ARGV 1 arg "BACKENDS;PORTABLE" "TIMEOUT" "SUPPORT")
  set(name ${SLUICE_TEST_PREFIX}${file})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sluice_test(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
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
    if(SLUICE_TEST_LIBRARY)
      target_link_libraries(${binary} PRIVATE ${SLUICE_TEST_LIBRARY}_objects)
    endif()
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
endmacro()

# sluice_script_test(NAME SCRIPT [TIMEOUT seconds] [ARGS argument...]): runs a .py, .sh or
# executable script of the calling folder as the CTest entry NAME. Its environment has the paths of
# the programs (SLUICED, SLUICE_TALK, SLUICE_SCAN, ...), SOURCE_DIR and BUILD_DIR. With exit status
# 77 it says that something that it needs is missing here.
function(sluice_script_test name script)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "ARGS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sluice_script_test(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
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
  set(environment SOURCE_DIR=${PROJECT_SOURCE_DIR} BUILD_DIR=${PROJECT_BINARY_DIR}
      PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/e2e)
  if(TARGET sluiced)
    list(APPEND environment SLUICED=$<TARGET_FILE:sluiced>)
  endif()
  if(TARGET sluicectl)
    list(APPEND environment SLUICECTL=$<TARGET_FILE:sluicectl>)
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
endfunction()

# sluice_example([FOLDER/]NAME): builds man/examples/[FOLDER/]NAME.cc as build/examples/NAME, in the
# way of an outside program: with the shared library and the public headers, and without a warning.
function(sluice_example path)
  cmake_path(GET path FILENAME name)
  add_executable(example_${name} ${PROJECT_SOURCE_DIR}/man/examples/${path}.cc)
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

# sluice_check_public_headers(): compiles each public header alone, without libev's header.
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
