#include "answer_limits.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cassert>
#include <cstring>
#include <span>

#include "../../reactor/base/split_mix64.h"

namespace sluice {

AnswerLimits::AnswerLimits(std::uint32_t total, std::uint32_t per_source, std::uint64_t seed)
    : total_(TokenRate::of(total, std::chrono::seconds(1), total)),
      per_source_(TokenRate::of(per_source, std::chrono::seconds(1), per_source)),
      seed_(seed),
      slots_(kMaxSources) {}

bool AnswerLimits::take(const Address& source, TimePoint now) noexcept {
  assert(source.is_ip());
  if (!all_.has(total_, now)) return false;
  const Key key = key_of(source);
  Slot& slot = slot_of(key);
  if (slot.source != key) slot = {key, TokenBucket()};
  if (!slot.bucket.take(per_source_, now)) return false;
  all_.take(total_, now);
  return true;
}

AnswerLimits::Key AnswerLimits::key_of(const Address& source) noexcept {
  Key key{};
  const auto* const from = reinterpret_cast<const unsigned char*>(source.data());
  auto* const into = reinterpret_cast<unsigned char*>(key.data());
  if (source.family() == AF_INET6) {
    std::memcpy(into, from + offsetof(sockaddr_in6, sin6_addr), sizeof(in6_addr));
  } else {
    into[10] = into[11] = 0xff;
    std::memcpy(into + 12, from + offsetof(sockaddr_in, sin_addr), sizeof(in_addr));
  }
  return key;
}

AnswerLimits::Slot& AnswerLimits::slot_of(const Key& key) noexcept {
  const std::size_t set = mix64(mix64(seed_ ^ key[0]) ^ key[1]) % (kMaxSources / kWays);
  const auto slots = std::span(slots_).subspan(set * kWays, kWays);
  Slot* oldest = &slots[0];
  for (Slot& slot : slots) {
    if (slot.source == key) return slot;
    if (slot.bucket.full_at() < oldest->bucket.full_at()) oldest = &slot;
  }
  return *oldest;
}

}  // namespace sluice
