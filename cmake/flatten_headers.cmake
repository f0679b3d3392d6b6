# cmake -DNAMES=a.h;detail/b.h -DSOURCES=DIR/a.h;DIR/b.h -DOUTPUT=DIR -P flatten_headers.cmake
#
# Writes each of SOURCES to OUTPUT/NAME, and replaces "../base/a.h" by <sluice/a.h> in it. A header
# that is not in NAMES is an error: an installed header cannot include one that is not installed.
cmake_minimum_required(VERSION 3.25)

# A header that was renamed or removed must not be installed.
file(REMOVE_RECURSE ${OUTPUT})
foreach(name source IN ZIP_LISTS NAMES SOURCES)
  file(READ ${source} text)
  string(REGEX MATCHALL "#include \"[^\"]+\"" includes "${text}")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE ".*[\"/]([^\"/]+)\"$" "\\1" header "${include}")
    if(header IN_LIST NAMES)
      string(REPLACE "${include}" "#include <sluice/${header}>" text "${text}")
    elseif("detail/${header}" IN_LIST NAMES)
      string(REPLACE "${include}" "#include <sluice/detail/${header}>" text "${text}")
    else()
      message(FATAL_ERROR "${source}: includes ${header}, which is neither PUBLIC nor DETAIL")
    endif()
  endforeach()
  file(WRITE ${OUTPUT}/${name} "${text}")
endforeach()
