// What a listener and its connections have done since it was made.
//
// A plain value. Units: bytes.
#ifndef SLUICE_REACTOR_STREAM_LISTENER_COUNTERS_H
#define SLUICE_REACTOR_STREAM_LISTENER_COUNTERS_H

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice {

// Why a newcomer was closed at once: a limit of the loop (LoopOptions) or of the listener
// (ListenerOptions), or something else.
enum class Refusal : std::uint8_t {
  max_connections,  // of the loop
  share,            // the listener's part of them
  max_memory,       // of the loop
  max_here,         // ListenerOptions::max_connections
  max_per_source,
  connect_rate,
  connect_rate_per_source,
  not_admitted,   // by ListenerOptions::admit or the factory
  no_descriptor,  // EMFILE, ENFILE
  failed,         // the factory threw, or there was no memory
};
inline constexpr std::size_t kRefusals = 10;

struct ListenerCounters {
  std::uint64_t accepted = 0;                         // newcomers that became connections
  std::uint64_t refused = 0;                          // newcomers that were closed at once
  std::array<std::uint64_t, kRefusals> refused_by{};  // the same by Refusal
  std::uint64_t bytes_in = 0;  // of all connections, also of those that have closed
  std::uint64_t bytes_out = 0;
};

}  // namespace sluice

#endif
