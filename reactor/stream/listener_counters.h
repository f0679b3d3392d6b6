// What a listener and its connections have done since it was made.
//
// A plain value. Units: bytes.
#ifndef SLUICE_REACTOR_STREAM_LISTENER_COUNTERS_H
#define SLUICE_REACTOR_STREAM_LISTENER_COUNTERS_H

#include <cstdint>

namespace sluice {

struct ListenerCounters {
  std::uint64_t accepted = 0;  // newcomers that became connections
  std::uint64_t refused = 0;   // newcomers that were closed at once
  std::uint64_t bytes_in = 0;  // of all connections, also of those that have closed
  std::uint64_t bytes_out = 0;
};

}  // namespace sluice

#endif
