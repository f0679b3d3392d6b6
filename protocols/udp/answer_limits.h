// Limits the rate of answers: in total, and to each source.
//
// What it is: one token bucket for all answers, and one for each source that was answered recently.
// A limit of N allows N answers at once, and N a second after that. A source is an IP address,
// whatever its port. The table of sources has kMaxSources slots and never grows: a new source
// replaces the one that was answered least recently. A sender with thousands of addresses can
// therefore exceed the limit for one of them, but not the limit for all.
// Thread: any, one at a time. Errors: the constructor may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_UDP_ANSWER_LIMITS_H
#define SLUICE_PROTOCOLS_UDP_ANSWER_LIMITS_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../../reactor/base/address.h"
#include "../../reactor/base/export.h"
#include "../../reactor/base/timer_queue.h"
#include "../../reactor/base/token_bucket.h"

namespace sluice {

class SLUICE_EXPORT AnswerLimits {
 public:
  static constexpr std::size_t kMaxSources = 1024;

  // The limits are in answers a second. `seed` determines which sources share slots; it should be
  // random, so that no peer can choose addresses that collide. REQUIRES: both limits > 0.
  AnswerLimits(std::uint32_t total, std::uint32_t per_source, std::uint64_t seed);

  // Takes a token for an answer to `source`. Returns false if either limit is reached.
  // REQUIRES: source.is_ip().
  [[nodiscard]] bool take(const Address& source, TimePoint now) noexcept;

 private:
  using Key = std::array<std::uint64_t, 2>;  // an IPv6 address, or an IPv4-mapped one
  struct Slot {
    Key source{};
    TokenBucket bucket;
  };
  static constexpr std::size_t kWays = 4;  // the number of slots that a source may use

  SLUICE_LOCAL static Key key_of(const Address& source) noexcept;
  // The slot of `key`; if it has none, the one to replace.
  [[nodiscard]] SLUICE_LOCAL Slot& slot_of(const Key& key) noexcept;

  TokenRate total_;
  TokenRate per_source_;
  std::uint64_t seed_;
  TokenBucket all_;
  std::vector<Slot> slots_;
};

}  // namespace sluice

#endif
