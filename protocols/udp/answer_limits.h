// How many answers a second: in all, and to each source.
//
// What it is: token buckets, one for all and one for each of the sources that were answered last:
// so many at once, and so many a second from then on. A source is an IP address; its port
// does not count. The sources are kept in a table of kSources places that never grows: one that was
// answered long ago makes room for a new one. Who can send from thousands of addresses can so
// be answered more often from one of them, but not more often than the limit for all.
// Thread: none of its own. Errors: the constructor may throw std::bad_alloc.
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
  static constexpr std::size_t kSources = 1024;

  // Answers a second. `seed`, which no peer knows, decides which sources share places.
  // REQUIRES: both limits > 0.
  AnswerLimits(std::uint32_t in_all, std::uint32_t per_source, std::uint64_t seed);

  // Whether `source` may be answered now; counts the answer if so. REQUIRES: source.is_ip().
  [[nodiscard]] bool take(const Address& source, TimePoint now) noexcept;

 private:
  using Key = std::array<std::uint64_t, 2>;  // an IPv6 address, or an IPv4 one mapped
  struct Place {
    Key source{};
    TokenBucket bucket;
  };
  static constexpr std::size_t kWays = 4;  // places that a source may have

  static Key key_of(const Address& source) noexcept;
  // The place of `key`, or the one that it is to have.
  [[nodiscard]] Place& place_of(const Key& key) noexcept;

  TokenRate in_all_;
  TokenRate per_source_;
  std::uint64_t seed_;
  TokenBucket all_;
  std::vector<Place> places_;
};

}  // namespace sluice

#endif
