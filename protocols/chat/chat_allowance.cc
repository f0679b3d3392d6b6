#include "chat_allowance.h"

namespace sluice {

ChatAllowance::ChatAllowance(ChatRates& rates, const Address& peer) noexcept
    : rates_(&rates), source_(rates.source_of(peer)) {}

ChatAllowance::~ChatAllowance() {
  if (is_limited() && reserved_) bucket().give_back(*rates_->rate());
}

TokenBucket& ChatAllowance::bucket() noexcept {
  return source_ == Source() ? own_ : rates_->bucket_of(source_);
}

TimePoint ChatAllowance::ask(TimePoint now) noexcept {
  if (!is_limited()) return now;
  if (reserved_) return *reserved_;
  const TokenRate& rate = *rates_->rate();
  TokenBucket& tokens = bucket();
  if (tokens.has(rate, now)) return now;
  reserved_ = tokens.reserve(rate, now);
  return *reserved_;
}

void ChatAllowance::spend(TimePoint now) noexcept {
  if (reserved_) return reserved_.reset();
  if (is_limited()) (void)bucket().take(*rates_->rate(), now);
}

void ChatAllowance::charge(TimePoint now) noexcept {
  if (reserved_) return reserved_.reset();
  if (!is_limited()) return;
  const TokenRate& rate = *rates_->rate();
  TokenBucket& tokens = bucket();
  if (tokens.next(rate) <= now + rate.interval * rate.burst) (void)tokens.reserve(rate, now);
}

}  // namespace sluice
