# Finds libev: defines the target Libev::Libev, Libev_FOUND and Libev_VERSION. libev ships neither a
# .pc file nor a CMake package.
find_path(Libev_INCLUDE_DIR ev.h PATH_SUFFIXES libev)
find_library(Libev_LIBRARY ev)

if(Libev_INCLUDE_DIR)
  foreach(part IN ITEMS MAJOR MINOR)
    file(STRINGS ${Libev_INCLUDE_DIR}/ev.h Libev_${part}
         REGEX "^[ \t]*#[ \t]*define[ \t]+EV_VERSION_${part}[ \t]+[0-9]+")
    string(REGEX REPLACE ".*EV_VERSION_${part}[ \t]+([0-9]+).*" "\\1" Libev_${part} "${Libev_${part}}")
  endforeach()
  # An ev.h without both macros belongs to another library.
  if(Libev_MAJOR MATCHES "^[0-9]+$" AND Libev_MINOR MATCHES "^[0-9]+$")
    set(Libev_VERSION ${Libev_MAJOR}.${Libev_MINOR})
  endif()
  unset(Libev_MAJOR)
  unset(Libev_MINOR)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libev
  REQUIRED_VARS Libev_LIBRARY Libev_INCLUDE_DIR Libev_VERSION VERSION_VAR Libev_VERSION)
mark_as_advanced(Libev_INCLUDE_DIR Libev_LIBRARY)

if(Libev_FOUND AND NOT TARGET Libev::Libev)
  add_library(Libev::Libev UNKNOWN IMPORTED)
  set_target_properties(Libev::Libev PROPERTIES
    IMPORTED_LOCATION "${Libev_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Libev_INCLUDE_DIR}")
endif()
