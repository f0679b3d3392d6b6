#include "address_order.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

#include "../base/fd.h"

namespace sluice {
namespace {

// The numbers of RFC 4291 for multicast scopes; RFC 6724, section 3.1, maps unicast scopes to them.
enum Scope : std::uint8_t { kLinkLocal = 2, kSiteLocal = 5, kGlobal = 14 };

struct Policy {
  std::array<std::uint8_t, 16> prefix;
  unsigned length;
  int precedence;
  int label;
};

// RFC 6724, 2.1. A longer prefix stands before a shorter one that contains it.
constexpr std::array kPolicies = {
    Policy{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, 50, 0},  // ::1
    Policy{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 35, 4},         // ::ffff:0:0
    Policy{{}, 96, 1, 3},                                                  // ::
    Policy{{0x20, 0x01, 0, 0}, 32, 5, 5},                                  // 2001::, Teredo
    Policy{{0x20, 0x02}, 16, 30, 2},                                       // 2002::, 6to4
    Policy{{0x3f, 0xfe}, 16, 1, 12},                                       // 3ffe::
    Policy{{0xfe, 0xc0}, 10, 1, 11},                                       // fec0::
    Policy{{0xfc}, 7, 3, 13},                                              // fc00::
    Policy{{}, 0, 40, 1},
};

// An IPv4 address in its IPv4-mapped form.
std::array<std::uint8_t, 16> bytes_of(const Address& address) noexcept {
  std::array<std::uint8_t, 16> bytes{};
  if (address.family() == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6*>(address.data())->sin6_addr;
    std::copy_n(v6.s6_addr, bytes.size(), bytes.begin());
  } else {
    bytes[10] = bytes[11] = 0xff;
    const auto* const v4 = reinterpret_cast<const unsigned char*>(
        &reinterpret_cast<const sockaddr_in*>(address.data())->sin_addr);
    std::copy_n(v4, 4, bytes.begin() + 12);
  }
  return bytes;
}

bool begins_with(const std::array<std::uint8_t, 16>& bytes, const Policy& policy) noexcept {
  for (unsigned i = 0; 8 * i < policy.length; ++i) {
    const unsigned bits = std::min(8U, policy.length - 8 * i);
    const unsigned mask = 0xff00U >> bits & 0xff;
    if (((bytes[i] ^ policy.prefix[i]) & mask) != 0) return false;
  }
  return true;
}

struct Kind {
  std::uint8_t scope = kGlobal;
  int label = 0;
  int precedence = 0;
  friend bool operator==(const Kind&, const Kind&) = default;
};

std::uint8_t scope_of(const std::array<std::uint8_t, 16>& bytes) noexcept {
  if (begins_with(bytes, kPolicies[1])) {
    const bool is_loopback = bytes[12] == 127;
    const bool is_link_local = bytes[12] == 169 && bytes[13] == 254;
    return is_loopback || is_link_local ? kLinkLocal : kGlobal;
  }
  if (begins_with(bytes, kPolicies[0])) return kLinkLocal;
  if (bytes[0] == 0xff) return bytes[1] & 0xf;
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return kLinkLocal;
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0) return kSiteLocal;
  return kGlobal;
}

Kind kind_of(const Address& address) noexcept {
  const auto bytes = bytes_of(address);
  const auto* const policy =
      std::find_if(kPolicies.begin(), kPolicies.end(),
                   [&](const Policy& one) { return begins_with(bytes, one); });
  return {scope_of(bytes), policy->label, policy->precedence};
}

// The values to compare. The smaller rank is the better one.
using Rank = std::tuple<bool, bool, bool, int, std::uint8_t>;

Rank rank_of(const Kind& kind, const Address& destination, SourceOf source_of) {
  const std::optional<Address> source = source_of(destination);
  const bool is_unusable = !source;
  const Kind from = source ? kind_of(*source) : Kind{};
  return {is_unusable, is_unusable || from.scope != kind.scope,
          is_unusable || from.label != kind.label, -kind.precedence, kind.scope};
}

struct Ranked {
  Kind kind;
  std::size_t first;  // the index of an address of this kind
  Rank rank;
};

}  // namespace

std::optional<Address> source_address(const Address& destination) noexcept {
#if defined(SOCK_CLOEXEC) && !defined(SLUICE_PORTABLE)
  const Fd fd(::socket(destination.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
#else
  const Fd fd(::socket(destination.family(), SOCK_DGRAM, 0));
#endif
  if (!fd) return {};
  Address to = destination;
  if (to.port() == 0) to.set_port(1);  // some systems refuse port 0
  // On a datagram socket connect() sends nothing.
  if (::connect(fd.get(), to.data(), to.size()) != 0) return {};
  Address source;
  socklen_t size = Address::capacity();
  if (::getsockname(fd.get(), source.data(), &size) != 0) return {};
  source.set_size(size);
  return source;
}

void put_in_order(std::vector<Address>& addresses, SourceOf source_of) {
  std::vector<Ranked> kinds;
  std::vector<std::pair<std::size_t, std::size_t>> order;  // a kind, and an index in `addresses`
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const Kind kind = kind_of(addresses[i]);
    auto found = std::find_if(kinds.begin(), kinds.end(),
                              [&](const Ranked& one) { return one.kind == kind; });
    if (found == kinds.end()) found = kinds.insert(found, {kind, i, {}});
    order.emplace_back(found - kinds.begin(), i);
  }
  if (kinds.size() < 2) return;
  for (Ranked& one : kinds) one.rank = rank_of(one.kind, addresses[one.first], source_of);
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    return kinds[a.first].rank < kinds[b.first].rank;
  });
  std::vector<Address> ordered;
  ordered.reserve(addresses.size());
  for (const auto& [kind, at] : order) ordered.push_back(addresses[at]);
  addresses = std::move(ordered);
}

}  // namespace sluice
