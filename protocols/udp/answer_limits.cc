#include "answer_limits.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cassert>
#include <cstring>
#include <span>

#include "../../reactor/base/split_mix64.h"

namespace sluice {

AnswerLimits::AnswerLimits(std::uint32_t in_all, std::uint32_t per_source, std::uint64_t seed)
    : in_all_(TokenRate::of(in_all, std::chrono::seconds(1), in_all)),
      per_source_(TokenRate::of(per_source, std::chrono::seconds(1), per_source)),
      seed_(seed),
      places_(kSources) {}

bool AnswerLimits::take(const Address& source, TimePoint now) noexcept {
  assert(source.is_ip());
  if (!all_.has(in_all_, now)) return false;
  const Key key = key_of(source);
  Place& place = place_of(key);
  if (place.source != key) place = {key, TokenBucket()};
  if (!place.bucket.take(per_source_, now)) return false;
  all_.take(in_all_, now);
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

AnswerLimits::Place& AnswerLimits::place_of(const Key& key) noexcept {
  const std::size_t set = mix64(mix64(seed_ ^ key[0]) ^ key[1]) % (kSources / kWays);
  const auto places = std::span(places_).subspan(set * kWays, kWays);
  Place* oldest = &places[0];
  for (Place& place : places) {
    if (place.source == key) return place;
    if (place.bucket.full_at() < oldest->bucket.full_at()) oldest = &place;
  }
  return *oldest;
}

}  // namespace sluice
