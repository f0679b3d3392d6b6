# sluice_flags(TARGET [TESTS]): compiles TARGET with the warnings, hardening and sanitizers of all
# of sluice's own targets. They are private: a project that embeds sluice gets none of them.

# g++ warns inside Criterion's macros even from a system header.
set(SLUICE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wundef -Wformat=2)
set(SLUICE_TEST_WARNINGS -Wno-old-style-cast -Wno-conversion -Wno-sign-conversion)

function(sluice_flags target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TESTS" "" "")
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE ${SLUICE_WARNINGS})
  if(arg_TESTS)
    target_compile_options(${target} PRIVATE ${SLUICE_TEST_WARNINGS})
  endif()
  if(SLUICE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  set_target_properties(${target} PROPERTIES
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)

  if(SLUICE_SANITIZE)
    set(sanitize -fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    if(SLUICE_SANITIZE MATCHES undefined)
      # The vptr check opens a pipe to look at an object. In a test that has no descriptor left, it
      # would report every object as bad.
      list(APPEND sanitize -fno-sanitize=vptr)
    endif()
    target_compile_options(${target} PRIVATE ${sanitize})
    target_link_options(${target} PRIVATE -fsanitize=${SLUICE_SANITIZE})
  elseif(SLUICE_HARDEN)
    # Without optimization _FORTIFY_SOURCE only causes a warning. Some compilers predefine it.
    target_compile_options(${target} PRIVATE
      -fstack-protector-strong
      $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
      $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
    target_link_options(${target} PRIVATE
      $<$<PLATFORM_ID:Linux>:LINKER:-z,relro,-z,now,-z,noexecstack>)
  endif()

  if(SLUICE_COVERAGE)
    # Tests start threads: counters that are not atomic lose counts and can become negative.
    target_compile_options(${target} PRIVATE --coverage -fprofile-update=atomic)
    target_link_options(${target} PRIVATE --coverage)
    target_compile_definitions(${target} PRIVATE SLUICE_COVERAGE)
  endif()
endfunction()
