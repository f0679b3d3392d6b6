// How often a peer of a chat may say something: its share of the rate of its source. Only for
// chat.cc.
//
// What it is: access to the token bucket of a source, which all connections of the source share, so
// that nobody gains a new burst by connecting again. A line takes a token, and so do the notices
// that a member has joined and has left. If there is no token, the peer reserves the next one and
// waits for it: the waiting peers of a source are served in turn, each is woken once, and none
// takes a token from another one. A peer without an IP address has its own bucket.
// Lifetime: must be destroyed before its ChatRates. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_ALLOWANCE_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_ALLOWANCE_H

#include <optional>

#include "../../reactor/base/address.h"
#include "../../reactor/base/source.h"
#include "../../reactor/base/source_table.h"
#include "../../reactor/base/token_bucket.h"

namespace sluice {

// The buckets of all sources of a chat.
class ChatRates {
 public:
  // Without a rate everything is allowed. The prefix applies to peers that come from now on. Throws
  // std::bad_alloc, and then nothing has changed.
  void set(const std::optional<TokenRate>& rate, unsigned source_prefix) {
    if (rate && !buckets_) buckets_.emplace();
    rate_ = rate;
    source_prefix_ = source_prefix;
  }
  [[nodiscard]] const std::optional<TokenRate>& rate() const noexcept { return rate_; }
  [[nodiscard]] Source source_of(const Address& peer) const noexcept {
    return peer.is_ip() ? Source(peer, source_prefix_) : Source();
  }
  // REQUIRES: there is a rate.
  [[nodiscard]] TokenBucket& bucket_of(const Source& source) noexcept {
    return buckets_->at(source);
  }

 private:
  std::optional<TokenRate> rate_;
  unsigned source_prefix_ = Source::kDefaultPrefix;
  std::optional<SourceTable<TokenBucket>> buckets_;  // once there has been a rate
};

class ChatAllowance {
 public:
  ChatAllowance(ChatRates& rates, const Address& peer) noexcept;
  ChatAllowance(const ChatAllowance&) = delete;
  ChatAllowance& operator=(const ChatAllowance&) = delete;
  ~ChatAllowance();

  // When the next line or notice is allowed: `now`, or later. If later, the token is reserved.
  [[nodiscard]] TimePoint ask(TimePoint now) noexcept;
  // It has happened. REQUIRES: ask() has returned a time that has come.
  void spend(TimePoint now) noexcept;
  // Something has happened that could not wait. The source owes at most one burst for such.
  void charge(TimePoint now) noexcept;
  // The rates are being destroyed: from now on everything is allowed.
  void detach() noexcept { rates_ = nullptr; }

 private:
  [[nodiscard]] bool is_limited() const noexcept { return rates_ != nullptr && rates_->rate(); }
  [[nodiscard]] TokenBucket& bucket() noexcept;

  ChatRates* rates_;
  Source source_;
  TokenBucket own_;
  std::optional<TimePoint> reserved_;  // when the token comes that was taken in advance
};

}  // namespace sluice

#endif
