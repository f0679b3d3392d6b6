// Limits the rate of answers over UDP: in total, and to each source.
//
// The source of a datagram can be forged, so one datagram could make two services answer each other
// forever, or a flood of them could make a service flood a third party. These limits end the former
// and bound the latter. A source that exceeds its limit gets no answer for kSilence, which is long
// enough for everything that is on its way between two services to arrive and be dropped. So a loop
// that is faster than the limit ends, and within a second if it is twice as fast: with 100 answers
// a second, if a datagram takes at most 5 ms there and back. A slower loop than the limit goes on.
//
// What it is: one token bucket for all answers, and one for each of the sources that were answered
// recently (SourceTable). A limit of N allows N answers at once, and N a second after that.
// A source is an IPv4 address, or the network of an IPv6 address (Source).
// Thread: any, one at a time. Errors: the constructor may throw std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_UDP_ANSWER_LIMITS_H
#define SLUICE_PROTOCOLS_UDP_ANSWER_LIMITS_H

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "../../reactor/base/address.h"
#include "../../reactor/base/export.h"
#include "../../reactor/base/source.h"
#include "../../reactor/base/source_table.h"
#include "../../reactor/base/timer_queue.h"
#include "../../reactor/base/token_bucket.h"

namespace sluice {

// Answers a second. REQUIRES: both > 0, and 1 <= source_prefix <= Source::kMaxPrefix.
struct AnswerBudget {
  std::uint32_t total = 10'000;
  std::uint32_t per_source = 100;
  unsigned source_prefix = Source::kDefaultPrefix;  // bits of an IPv6 address
};

class SLUICE_EXPORT AnswerLimits {
 public:
  static constexpr std::chrono::seconds kSilence{1};
  // To a source whose port is that of a service here: ordinary clients seldom have it, and a forger
  // who wants a loop between two hosts of one configuration always. At most per_source.
  static constexpr std::uint32_t kToServicePort = 10;

  enum class Verdict : std::uint8_t { allowed, source_limit, total_limit };
  enum class Port : std::uint8_t { ordinary, service };

  explicit AnswerLimits(const AnswerBudget& budget);

  // Takes a token for an answer to `source`, unless a limit is reached.
  // REQUIRES: source.is_ip().
  [[nodiscard]] Verdict take(const Address& source, TimePoint now,
                             Port port = Port::ordinary) noexcept;

 private:
  struct Account {
    TokenBucket bucket;
    TimePoint silent_until = TimePoint::min();
    [[nodiscard]] TimePoint full_at() const noexcept {
      return std::max(bucket.full_at(), silent_until);
    }
  };

  TokenRate total_;
  TokenRate per_source_;
  TokenRate to_service_port_;
  unsigned source_prefix_;
  TokenBucket all_;
  SourceTable<Account> accounts_;
};

}  // namespace sluice

#endif
