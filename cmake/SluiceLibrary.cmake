# The library is compiled once, into objects from which a shared and a static library are made.
# Tests link the objects: that way they can use hidden symbols, and the linker cannot drop a test
# file, as it would drop one from an archive.

# sluice_begin_library(): declares the objects. The tests also build them on plain POSIX calls,
# except with a sanitizer, where a build takes longest.
function(sluice_begin_library)
  sluice_objects(sluice_objects ${SLUICE_PORTABLE})
  if(SLUICE_TESTS AND NOT SLUICE_PORTABLE AND NOT SLUICE_SANITIZE)
    sluice_objects(sluice_objects_portable ON)
  endif()
  define_property(GLOBAL PROPERTY SLUICE_HEADERS BRIEF_DOCS "NAME.h and detail/NAME.h")
  define_property(GLOBAL PROPERTY SLUICE_HEADER_SOURCES BRIEF_DOCS "The files of SLUICE_HEADERS")
endfunction()

function(sluice_objects name portable)
  add_library(${name} OBJECT)
  sluice_flags(${name})
  # Calls within the library are direct: they avoid the PLT, and the compiler can inline them.
  target_compile_options(${name} PRIVATE -fno-semantic-interposition)
  target_include_directories(${name} PUBLIC ${PROJECT_BINARY_DIR}/include)
  target_link_libraries(${name} PUBLIC Libev::Libev Cares::Cares ZLIB::ZLIB Threads::Threads)
  if(portable)
    target_compile_definitions(${name} PUBLIC SLUICE_PORTABLE=1)
  endif()
  sluice_batches(${name} ${portable})
endfunction()

# sluice_batches(NAME PORTABLE): compiles eight files of the objects at a time, where only tests use
# them: with a sanitizer, and for plain POSIX calls. That takes a third of the time. The other
# builds find a file that lacks an include.
function(sluice_batches name portable)
  if(SLUICE_SANITIZE OR (portable AND NOT SLUICE_PORTABLE))
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()

# sluice_folder([LIBRARY name] SOURCES a.cc... [PUBLIC a.h...] [DETAIL b.h...]): adds files of the
# calling folder to the library, which is the core if none is named. A program includes a PUBLIC
# header as <sluice/a.h>, whatever folder it is in, and a man page documents it. A DETAIL header is installed as <sluice/detail/b.h>, because a public one
# includes it. Each header compiles alone, and no two have the same name.
function(sluice_folder)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "LIBRARY" "SOURCES;PUBLIC;DETAIL")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sluice_folder: unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  list(TRANSFORM arg_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  if(NOT arg_LIBRARY)
    set(arg_LIBRARY sluice)
  endif()
  target_sources(${arg_LIBRARY}_objects PRIVATE ${arg_SOURCES})
  if(arg_LIBRARY STREQUAL "sluice" AND TARGET sluice_objects_portable)
    target_sources(sluice_objects_portable PRIVATE ${arg_SOURCES})
  endif()
  foreach(header IN LISTS arg_PUBLIC)
    cmake_path(GET header FILENAME name)
    sluice_header(${name} ${CMAKE_CURRENT_SOURCE_DIR}/${header})
  endforeach()
  foreach(header IN LISTS arg_DETAIL)
    cmake_path(GET header FILENAME name)
    sluice_header(detail/${name} ${CMAKE_CURRENT_SOURCE_DIR}/${header})
  endforeach()
endfunction()

# In the build tree <sluice/NAME> contains one line, which includes the header from its folder.
function(sluice_header name source)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/include/sluice/${name} @ONLY
       CONTENT "#include \"@source@\"\n")
  set_property(GLOBAL APPEND PROPERTY SLUICE_HEADERS ${name})
  set_property(GLOBAL APPEND PROPERTY SLUICE_HEADER_SOURCES ${source})
endfunction()

# sluice_end_library(): defines the two libraries and installs them, sluice.pc and the CMake
# package.
function(sluice_end_library)
  add_library(sluice SHARED $<TARGET_OBJECTS:sluice_objects>)
  add_library(sluice_static STATIC $<TARGET_OBJECTS:sluice_objects>)
  set_target_properties(sluice_static PROPERTIES OUTPUT_NAME sluice)
  # Before 1.0 each minor version may break programs, so each has a library name of its own.
  set_target_properties(sluice PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  foreach(library IN ITEMS sluice sluice_static)
    add_library(sluice::${library} ALIAS ${library})
    sluice_flags(${library})
    target_compile_features(${library} INTERFACE cxx_std_20)
    target_link_libraries(${library} PRIVATE
      Libev::Libev Cares::Cares ZLIB::ZLIB Threads::Threads)
    target_include_directories(${library} INTERFACE
      $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endforeach()
  if(NOT SLUICE_SANITIZE) # The program, not the library, links a sanitizer's runtime.
    target_link_options(sluice PRIVATE $<$<PLATFORM_ID:Linux>:LINKER:-z,defs>)
  endif()
  sluice_hide_other_symbols(sluice)
  if(TARGET sluice_tls_objects)
    sluice_end_tls_library()
  endif()
  if(SLUICE_INSTALL)
    sluice_install_package()
  endif()
endfunction()

# The linkers of these systems read version scripts; elsewhere only -fvisibility hides symbols.
function(sluice_hide_other_symbols library)
  if(CMAKE_SYSTEM_NAME MATCHES "^(Linux|FreeBSD|NetBSD|OpenBSD|DragonFly)$")
    set(script ${PROJECT_BINARY_DIR}/libsluice.map)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/libsluice.map.in ${script} @ONLY)
    target_link_options(${library} PRIVATE LINKER:--version-script=${script})
    set_property(TARGET ${library} APPEND PROPERTY LINK_DEPENDS ${script})
  endif()
endfunction()

# The installed headers are those of the tree, but include each other as a program includes them.
function(sluice_install_headers)
  get_property(names GLOBAL PROPERTY SLUICE_HEADERS)
  get_property(sources GLOBAL PROPERTY SLUICE_HEADER_SOURCES)
  set(flat ${PROJECT_BINARY_DIR}/installed/sluice)
  list(TRANSFORM names PREPEND ${flat}/ OUTPUT_VARIABLE outputs)
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${CMAKE_COMMAND} "-DNAMES=${names}" "-DSOURCES=${sources}" -DOUTPUT=${flat}
            -P ${PROJECT_SOURCE_DIR}/cmake/flatten_headers.cmake
    DEPENDS ${sources} ${PROJECT_SOURCE_DIR}/cmake/flatten_headers.cmake
    COMMENT "Flattening the headers to be installed"
    VERBATIM)
  add_custom_target(sluice_installed_headers ALL DEPENDS ${outputs})
  install(DIRECTORY ${flat} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
endfunction()

function(sluice_install_package)
  include(CMakePackageConfigHelpers)
  sluice_install_headers()
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/sluice)

  # There are two exports, because a program that links the shared library needs neither libev,
  # c-ares nor zlib.
  install(TARGETS sluice EXPORT sluiceTargets)
  install(TARGETS sluice_static EXPORT sluiceStaticTargets)
  install(EXPORT sluiceTargets NAMESPACE sluice:: DESTINATION ${package})
  install(EXPORT sluiceStaticTargets NAMESPACE sluice:: DESTINATION ${package})
  if(TARGET sluice_tls)
    install(TARGETS sluice_tls EXPORT sluiceTlsTargets)
    install(TARGETS sluice_tls_static EXPORT sluiceTlsStaticTargets)
    install(EXPORT sluiceTlsTargets NAMESPACE sluice:: DESTINATION ${package})
    install(EXPORT sluiceTlsStaticTargets NAMESPACE sluice:: DESTINATION ${package})
  endif()

  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/sluiceConfig.cmake.in
    ${PROJECT_BINARY_DIR}/sluiceConfig.cmake INSTALL_DESTINATION ${package})
  # Before 1.0 a new minor version may be incompatible.
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/sluiceConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/sluiceConfig.cmake
                ${PROJECT_BINARY_DIR}/sluiceConfigVersion.cmake
                ${PROJECT_SOURCE_DIR}/cmake/FindCares.cmake
                ${PROJECT_SOURCE_DIR}/cmake/FindLibev.cmake
          DESTINATION ${package})

  # The .pc file finds its prefix relative to itself, so that an installed tree can be moved.
  cmake_path(SET pc_directory NORMALIZE ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${pc_directory}
             OUTPUT_VARIABLE pc_to_prefix)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}
             OUTPUT_VARIABLE pc_libdir)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}
             OUTPUT_VARIABLE pc_includedir)
  set(files sluice)
  if(TARGET sluice_tls)
    list(APPEND files sluice-tls)
  endif()
  foreach(file IN LISTS files)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/${file}.pc.in ${PROJECT_BINARY_DIR}/${file}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${file}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  endforeach()
endfunction()

# sluice_begin_tls_library(): declares the objects of sluice-tls, the only part that needs OpenSSL.
function(sluice_begin_tls_library)
  add_library(sluice_tls_objects OBJECT)
  sluice_flags(sluice_tls_objects)
  # OpenSSL's macros have casts in the style of C.
  target_compile_options(sluice_tls_objects PRIVATE -fno-semantic-interposition -Wno-old-style-cast)
  target_include_directories(sluice_tls_objects PUBLIC ${PROJECT_BINARY_DIR}/include)
  sluice_batches(sluice_tls_objects OFF)
  target_link_libraries(sluice_tls_objects PUBLIC OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
endfunction()

# Called by sluice_end_library(), because this library links the core.
function(sluice_end_tls_library)
  add_library(sluice_tls SHARED $<TARGET_OBJECTS:sluice_tls_objects>)
  add_library(sluice_tls_static STATIC $<TARGET_OBJECTS:sluice_tls_objects>)
  set_target_properties(sluice_tls PROPERTIES EXPORT_NAME tls OUTPUT_NAME sluice-tls
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  set_target_properties(sluice_tls_static PROPERTIES EXPORT_NAME tls_static OUTPUT_NAME sluice-tls)
  # A program that uses only TlsClient, for example, finds libsluice through libsluice-tls.
  set_target_properties(sluice_tls PROPERTIES INSTALL_RPATH "$ORIGIN")
  add_library(sluice::tls ALIAS sluice_tls)
  add_library(sluice::tls_static ALIAS sluice_tls_static)
  target_link_libraries(sluice_tls PUBLIC sluice PRIVATE OpenSSL::SSL OpenSSL::Crypto)
  target_link_libraries(sluice_tls_static PUBLIC sluice_static
    PRIVATE OpenSSL::SSL OpenSSL::Crypto)
  foreach(library IN ITEMS sluice_tls sluice_tls_static)
    sluice_flags(${library})
  endforeach()
  if(NOT SLUICE_SANITIZE)
    target_link_options(sluice_tls PRIVATE $<$<PLATFORM_ID:Linux>:LINKER:-z,defs>)
  endif()
  sluice_hide_other_symbols(sluice_tls)
endfunction()
