// The version of the headers that a program is compiled with, and that of the library that it runs
// with. The two differ after an upgrade of the shared library; libsluice.so.MAJOR.MINOR is only
// replaced by a library that the same programs can use, see sluice(7).
//
// The build reads the version from here, and from nowhere else.
#ifndef SLUICE_REACTOR_BASE_VERSION_H
#define SLUICE_REACTOR_BASE_VERSION_H

#include "export.h"

#define SLUICE_VERSION_MAJOR 0
#define SLUICE_VERSION_MINOR 2
#define SLUICE_VERSION_PATCH 0

// For #if: 0.2.0 is 200, and 1.12.3 is 11203.
#define SLUICE_VERSION \
  (SLUICE_VERSION_MAJOR * 10000 + SLUICE_VERSION_MINOR * 100 + SLUICE_VERSION_PATCH)

// "0.2.0".
#define SLUICE_VERSION_STRING                \
  SLUICE_DETAIL_QUOTED(SLUICE_VERSION_MAJOR) \
  "." SLUICE_DETAIL_QUOTED(SLUICE_VERSION_MINOR) "." SLUICE_DETAIL_QUOTED(SLUICE_VERSION_PATCH)
#define SLUICE_DETAIL_QUOTED(number) SLUICE_DETAIL_QUOTED_TEXT(number)
#define SLUICE_DETAIL_QUOTED_TEXT(number) #number

namespace sluice {

// SLUICE_VERSION of the library that runs. Thread: any.
[[nodiscard]] SLUICE_EXPORT int library_version() noexcept;

}  // namespace sluice

#endif
