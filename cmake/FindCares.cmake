# Finds c-ares: defines the target Cares::Cares, Cares_FOUND and Cares_VERSION. Distributions do not
# ship the CMake package of c-ares. pkg-config would find it, but a program that links sluice's
# static library should not need pkg-config.
find_path(Cares_INCLUDE_DIR ares.h)
find_library(Cares_LIBRARY cares)

if(Cares_INCLUDE_DIR AND EXISTS ${Cares_INCLUDE_DIR}/ares_version.h)
  file(STRINGS ${Cares_INCLUDE_DIR}/ares_version.h Cares_VERSION
       REGEX "^[ \t]*#[ \t]*define[ \t]+ARES_VERSION_STR[ \t]+\"[^\"]+\"")
  string(REGEX REPLACE ".*\"([^\"]+)\".*" "\\1" Cares_VERSION "${Cares_VERSION}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Cares
  REQUIRED_VARS Cares_LIBRARY Cares_INCLUDE_DIR Cares_VERSION VERSION_VAR Cares_VERSION)
mark_as_advanced(Cares_INCLUDE_DIR Cares_LIBRARY)

if(Cares_FOUND AND NOT TARGET Cares::Cares)
  add_library(Cares::Cares UNKNOWN IMPORTED)
  set_target_properties(Cares::Cares PROPERTIES
    IMPORTED_LOCATION "${Cares_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Cares_INCLUDE_DIR}")
endif()
