// What is remembered of each host that is swept: does it answer at all?
//
// What it is: a table from an address, whatever its port, to a few counters, of bounded size: hosts
// that were not heard of for long are forgotten, and begin anew as unknown.
// Thread: none of its own. Errors: it forgets rather than fail.
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
// One for all of loopback.
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
  // Half of them is a generation, which holds all the hosts that a scanner mixes.
  static constexpr std::size_t kMaxHosts = 2 * 20'480;

  // What is known of it; null when it is unknown.
  [[nodiscard]] const Host* find(const Address& address) const noexcept;
  void answered(const Address& address) noexcept { ++at(address).answers; }
  void silent(const Address& address) noexcept { ++at(address).silences; }
  [[nodiscard]] std::size_t size() const noexcept { return recent_.size() + older_.size(); }

 private:
  using Table = std::unordered_map<SweepKey, Host, SweepKeyHash>;
  Host& at(const Address& address) noexcept;

  // Two generations: what is touched comes into the recent one. When that is full, it becomes the
  // older one, and what was in there is forgotten.
  Table recent_;
  Table older_;
  Host nowhere_;  // what no memory was left for
};

}  // namespace sluice

#endif
