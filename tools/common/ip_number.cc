#include "ip_number.h"

#include <cstring>

namespace sluice::tools {
namespace {

constexpr unsigned kWord = 64;

std::uint64_t word_of(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  for (int i = 0; i < 8; ++i) word = word << 8 | bytes[i];
  return word;
}

void put_word(std::uint64_t word, std::uint8_t* bytes) {
  for (int i = 7; i >= 0; --i) {
    bytes[i] = static_cast<std::uint8_t>(word & 0xffU);
    word >>= 8;
  }
}

// The `count` lowest bits of a word; a shift by its whole width has no meaning in C++.
std::uint64_t low_ones(unsigned count) {
  return count >= kWord ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

IpNumber IpNumber::of(const Address& address) noexcept {
  const Address plain = address.unmapped();
  IpNumber number;
  number.family = plain.family();
  if (number.family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, plain.data(), sizeof in);
    number.low = ntohl(in.sin_addr.s_addr);
  } else {
    sockaddr_in6 in{};
    std::memcpy(&in, plain.data(), sizeof in);
    number.zone = in.sin6_scope_id;
    number.high = word_of(in.sin6_addr.s6_addr);
    number.low = word_of(in.sin6_addr.s6_addr + 8);
  }
  return number;
}

Address IpNumber::address(std::uint16_t port) const noexcept {
  if (family == AF_INET) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = htonl(static_cast<std::uint32_t>(low));
    return {reinterpret_cast<const sockaddr*>(&in), sizeof in};
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  in.sin6_scope_id = zone;
  put_word(high, in.sin6_addr.s6_addr);
  put_word(low, in.sin6_addr.s6_addr + 8);
  return {reinterpret_cast<const sockaddr*>(&in), sizeof in};
}

IpNumber IpNumber::plus(std::uint64_t count) const noexcept {
  IpNumber sum = *this;
  sum.low += count;
  if (sum.low < count) ++sum.high;
  return sum;
}

IpNumber IpNumber::previous() const noexcept {
  IpNumber before = *this;
  if (before.low-- == 0) --before.high;
  return before;
}

IpNumber IpNumber::first_of_prefix(unsigned length) const noexcept {
  const unsigned host = bits() - length;
  IpNumber first = *this;
  first.low &= ~low_ones(host);
  if (host > kWord) first.high &= ~low_ones(host - kWord);
  return first;
}

IpNumber IpNumber::last_of_prefix(unsigned length) const noexcept {
  const unsigned host = bits() - length;
  IpNumber last = *this;
  last.low |= low_ones(host);
  if (host > kWord) last.high |= low_ones(host - kWord);
  return last;
}

std::uint64_t IpRange::size() const noexcept {
  const std::uint64_t low = last.low - first.low;
  const std::uint64_t high = last.high - first.high - (last.low < first.low ? 1 : 0);
  return high != 0 || low == kTooMany ? kTooMany : low + 1;
}

}  // namespace sluice::tools
