#include "answer_limits.h"

#include <cassert>

namespace sluice {
namespace {

TokenRate a_second(std::uint32_t count) noexcept {
  return TokenRate::of(count, std::chrono::seconds(1), count);
}

}  // namespace

AnswerLimits::AnswerLimits(const AnswerBudget& budget)
    : total_(a_second(budget.total)),
      per_source_(a_second(budget.per_source)),
      to_service_port_(a_second(std::min(budget.per_source, kToServicePort))),
      source_prefix_(budget.source_prefix) {}

AnswerLimits::Verdict AnswerLimits::take(const Address& source, TimePoint now, Port port) noexcept {
  assert(source.is_ip());
  if (!all_.has(total_, now)) return Verdict::total_limit;
  Account& account = accounts_.at(Source(source, source_prefix_));
  if (now < account.silent_until) return Verdict::source_limit;
  const TokenRate& rate = port == Port::service ? to_service_port_ : per_source_;
  if (!account.bucket.take(rate, now)) {
    account.silent_until = now + kSilence;
    return Verdict::source_limit;
  }
  (void)all_.take(total_, now);
  return Verdict::allowed;
}

}  // namespace sluice
