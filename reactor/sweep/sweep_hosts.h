// The number of answers and missing answers of each host.
//
// What it is: a table of limited size, from an address, regardless of the port, to counters. A host
// that has not been used for a long time is forgotten, and starts again as unknown.
// Thread: one at a time. Errors: if memory runs out, a host is forgotten.
#ifndef SLUICE_REACTOR_SWEEP_SWEEP_HOSTS_H
#define SLUICE_REACTOR_SWEEP_SWEEP_HOSTS_H

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "../base/address.h"

namespace sluice {

// The address alone, or its network: /24 for IPv4, /64 for IPv6.
struct SweepKey {
  std::array<std::uint32_t, 4> words{};
  std::uint32_t scope = 0;
  std::uint32_t family = 0;
  friend bool operator==(const SweepKey& a, const SweepKey& b) noexcept {
    return a.words == b.words && a.scope == b.scope && a.family == b.family;
  }
};

[[nodiscard]] SweepKey host_key(const Address& address) noexcept;
// All loopback addresses have the same key.
[[nodiscard]] SweepKey network_key(const Address& address) noexcept;

struct SweepKeyHash {
  std::size_t operator()(const SweepKey& key) const noexcept;
};

class SweepHosts {
 public:
  struct Host {
    std::uint32_t answers = 0;
    std::uint32_t silences = 0;  // attempts without an answer
  };
  // Each generation is half of this, enough for all hosts that a scanner probes at the same time.
  static constexpr std::size_t kMaxHosts = 2 * 20'480;

  // Null if the host is unknown.
  [[nodiscard]] const Host* find(const Address& address) const noexcept;
  void answered(const Address& address) noexcept { ++at(address).answers; }
  void silent(const Address& address) noexcept { ++at(address).silences; }
  [[nodiscard]] std::size_t size() const noexcept { return recent_.size() + older_.size(); }

 private:
  using Table = std::unordered_map<SweepKey, Host, SweepKeyHash>;
  Host& at(const Address& address) noexcept;

  // Two generations. A host that is used moves to the recent one. When that is full, it becomes the
  // older one, and the hosts in the previous older one are forgotten.
  Table recent_;
  Table older_;
  Host nowhere_;  // for a host that found no memory
};

}  // namespace sluice

#endif
