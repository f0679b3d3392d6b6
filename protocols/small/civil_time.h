// A time as people write it: in UTC and in English, whatever the time zone and the locale.
//
// Thread: any.
#ifndef SLUICE_PROTOCOLS_SMALL_CIVIL_TIME_H
#define SLUICE_PROTOCOLS_SMALL_CIVIL_TIME_H

#include "wall_clock.h"

namespace sluice {

// Not gmtime() and strftime(): the first uses a static buffer, and the second the locale.
struct CivilTime {
  const char* weekday;  // "Saturday"; its first three letters are the short form
  const char* month;    // "November", the same
  int year;
  unsigned day;
  int hour;
  int minute;
  int second;

  // Rounded down to a second.
  static CivilTime of(WallTime time) noexcept;
};

}  // namespace sluice

#endif
