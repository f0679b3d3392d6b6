// Sweeps between two network namespaces, with refused, dropped, prohibited and lost packets.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/connects.h"
#include "support/slowness.h"
#include "support/sweeps.h"
#include "support/two_networks.h"
#include <sluice/loop.h>
#include <sluice/sweep.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

TestSuite(sweep_network, .timeout = 40);

namespace {

#if defined(__linux__) && !defined(SLUICE_PORTABLE)
constexpr bool kTellsProhibited = true;
#else
constexpr bool kTellsProhibited = false;
#endif

SweepOptions quick() {
  SweepOptions options;
  options.first_timeout = options.min_timeout = milliseconds(60);
  options.max_timeout = milliseconds(120);
  return options;
}

struct Swept {
  SweepCounters counters;
  std::map<std::string, SweepResult> results;  // by address and port
};

Swept sweep_all(const std::vector<Address>& targets, const SweepOptions& options) {
  Swept swept;
  Loop loop(backend_options());
  const auto order = shuffled(targets.size(), 5);
  std::uint64_t position = 0;
  Sweep sweep(
      loop, options,
      [&]() -> std::optional<SweepTarget> {
        if (position == order.size()) return std::nullopt;
        return SweepTarget{.address = targets[order[position++]], .tag = 0};
      },
      [&](const SweepResult& result, Fd&) {
        const bool first = swept.results.emplace(result.target.address.to_string(), result).second;
        cr_assert(first, "%s: twice", result.target.address.to_string().c_str());
      },
      [&] { loop.stop(); });
  sweep.start();
  loop.run();
  swept.counters = sweep.counters();
  cr_assert(swept.results.size() == targets.size());
  return swept;
}

std::vector<Address> ports(const std::string& host, unsigned first, unsigned last) {
  std::vector<Address> targets;
  for (unsigned port = first; port <= last; ++port) {
    targets.push_back(ip(host, static_cast<std::uint16_t>(port)));
  }
  return targets;
}

// An IPv6 address can be used only a moment after it has been added.
void wait_until_reached(const Address& refusing) {
  for (int tries = 0; tries < 50; ++tries) {
    if (sweep_all({refusing}, quick()).counters.closed == 1) return;
  }
  cr_assert(false, "%s does not answer", refusing.to_string().c_str());
}

struct Expected {
  Address target;
  SweepState state;
  int error;
};

void expect(const std::vector<Expected>& table) {
  for (const bool reuse : {true, false}) {
    SweepOptions options = quick();
    options.reuse_refused = reuse;
    std::vector<Address> targets;
    for (const Expected& line : table) targets.push_back(line.target);
    Swept swept;
    (void)succeeds_once([&] {
      swept = sweep_all(targets, options);
      return std::all_of(table.begin(), table.end(), [&swept](const Expected& line) {
        return swept.results.at(line.target.to_string()).state == line.state;
      });
    });
    for (const Expected& line : table) {
      const std::string name = line.target.to_string();
      const SweepResult& result = swept.results.at(name);
      cr_expect(result.state == line.state, "%s is %s, not %s", name.c_str(),
                std::string(to_string(result.state)).c_str(),
                std::string(to_string(line.state)).c_str());
      cr_expect(result.error == line.error, "%s: errno %d, not %d", name.c_str(), result.error,
                line.error);
    }
  }
}

}  // namespace

Test(sweep_network, maps_every_answer_of_ipv4_to_its_state) {
  const TwoNetworks networks;
  std::optional<Listening> listening;
  networks.at_far_end([&] {
    listening.emplace(ip("10.9.0.2", 22));
    shell("ip route add 10.9.0.0/16 dev far");
  });
  networks.far_rule("tcp dport 9 reject with icmp type net-prohibited");
  networks.far_rule("tcp dport 10 reject with icmp type host-prohibited");
  networks.far_rule("tcp dport 13 reject with icmp type admin-prohibited");
  networks.far_rule("tcp dport 14 reject with icmp type net-unreachable");
  networks.far_rule("tcp dport 15 reject with icmp type host-unreachable");
  networks.far_rule("tcp dport 16 reject with icmp type prot-unreachable");
  networks.far_rule("tcp dport 17 reject with icmp type port-unreachable");
  networks.far_rule("tcp dport 18 reject with tcp reset");
  networks.far_rule("tcp dport 19 drop");
  shell("ip route add blackhole 10.8.1.0/24 && ip route add prohibit 10.8.2.0/24");
  shell("ip route add unreachable 10.8.3.0/24");
  shell("nft add table t && nft 'add chain t o { type filter hook output priority 0; }'");
  shell("nft add rule t o tcp dport 20 drop");
  const SweepState prohibited = kTellsProhibited ? SweepState::filtered : SweepState::unreachable;
  expect({
      {ip("10.9.0.2", 22), SweepState::open, 0},
      {ip("10.9.0.2", 1), SweepState::closed, ECONNREFUSED},
      {ip("10.9.0.2", 9), prohibited, ENETUNREACH},
      {ip("10.9.0.2", 10), prohibited, EHOSTUNREACH},
      {ip("10.9.0.2", 13), prohibited, EHOSTUNREACH},
      {ip("10.9.0.2", 14), SweepState::unreachable, ENETUNREACH},
      {ip("10.9.0.2", 15), SweepState::unreachable, EHOSTUNREACH},
      {ip("10.9.0.2", 16), SweepState::filtered, ENOPROTOOPT},
      {ip("10.9.0.2", 17), SweepState::closed, ECONNREFUSED},
      {ip("10.9.0.2", 18), SweepState::closed, ECONNREFUSED},
      {ip("10.9.0.2", 19), SweepState::filtered, 0},
      {ip("10.9.0.2", 20), SweepState::filtered, 0},
      {ip("10.7.1.1", 80), SweepState::filtered, 0},
      {ip("10.8.1.1", 80), SweepState::filtered, EINVAL},
      {ip("10.8.2.1", 80), SweepState::filtered, EACCES},
      {ip("10.8.3.1", 80), SweepState::unreachable, EHOSTUNREACH},
      {ip("10.8.4.1", 80), SweepState::unreachable, ENETUNREACH},
      {ip("10.9.0.255", 80), SweepState::unreachable, ENETUNREACH},
      {ip("224.0.0.1", 80), SweepState::unreachable, ENETUNREACH},
  });
}

Test(sweep_network, maps_every_answer_of_ipv6_to_its_state) {
  const TwoNetworks networks;
  std::optional<Listening> listening;
  networks.at_far_end([&] { listening.emplace(ip("fd09::2", 22)); });
  networks.far_rule("tcp dport 9 reject with icmpv6 type admin-prohibited");
  networks.far_rule("tcp dport 10 reject with icmpv6 type addr-unreachable");
  networks.far_rule("tcp dport 11 reject with icmpv6 type no-route");
  networks.far_rule("tcp dport 12 reject with icmpv6 type port-unreachable");
  networks.far_rule("tcp dport 13 drop");
  wait_until_reached(ip("fd09::2", 1));
  expect({
      {ip("fd09::2", 22), SweepState::open, 0},
      {ip("fd09::2", 1), SweepState::closed, ECONNREFUSED},
      {ip("fd09::2", 9), SweepState::filtered, EACCES},
      {ip("fd09::2", 10), SweepState::unreachable, EHOSTUNREACH},
      {ip("fd09::2", 11), SweepState::unreachable, ENETUNREACH},
      {ip("fd09::2", 12), SweepState::closed, ECONNREFUSED},
      {ip("fd09::2", 13), SweepState::filtered, 0},
      {ip("2001:db8::1", 80), SweepState::unreachable, ENETUNREACH},
      {ip("fe80::1", 80), SweepState::failed, EINVAL},
      {ip("fe80::1%4242", 80), SweepState::unreachable, ENETUNREACH},
  });
}

// A zone stays with its socket, so the next target must not use that socket.
Test(sweep_network, keeps_the_zones_of_link_local_addresses_apart) {
  enter_network_namespace();
  const TestInterface one("one", "10.1.0.1");
  const TestInterface two("two", "10.2.0.1");
  std::vector<Expected> table;
  for (const TestInterface* interface : {&one, &two}) {
    for (std::uint16_t port = 1; port <= 20; ++port) {
      table.push_back({ip(interface->link_local(), port), SweepState::closed, ECONNREFUSED});
    }
  }
  for (std::uint16_t port = 1; port <= 20; ++port) {
    table.push_back({ip("::1", port), SweepState::closed, ECONNREFUSED});
    table.push_back({ip("10.1.0.1", port), SweepState::closed, ECONNREFUSED});
  }
  expect(table);
}

Test(sweep_network, uses_its_device) {
  const TwoNetworks networks;
  SweepOptions options;
  options.from.device = "near";
  Swept swept = sweep_all({ip("10.9.0.2", 1)}, options);
  const SweepResult& there = swept.results.at("10.9.0.2:1");
  // Without the privilege, the device cannot be tested.
  cr_expect(there.state == SweepState::closed ||
            (there.state == SweepState::failed && there.error == EPERM));
  options.from.device = "nowhere";
  swept = sweep_all({ip("10.9.0.2", 1)}, options);
  cr_expect(swept.results.at("10.9.0.2:1").state == SweepState::failed);
  cr_expect(swept.results.at("10.9.0.2:1").error == ENODEV);
}

// Each packet of either direction is lost with the same probability, regardless of the load.
Test(sweep_network, misses_nothing_when_packets_are_lost) {
  for (const unsigned percent : {1U, 10U}) {
    const TwoNetworks networks;
    std::vector<Listening> listeners;
    networks.at_far_end([&] {
      for (std::uint16_t port = 100; port <= 3000; port = static_cast<std::uint16_t>(port + 290)) {
        listeners.emplace_back(ip("10.9.0.2", port), 64);
      }
    });
    const std::string rule = "numgen random mod 100 < " + std::to_string(percent) + " drop";
    networks.far_rule("meta l4proto tcp " + rule);
    networks.far_rule("meta l4proto tcp " + rule, "o");
    Swept swept;
    (void)succeeds_once([&] {
      swept = sweep_all(ports("10.9.0.2", 1, 3000), quick());
      return swept.counters.filtered == 0;
    });
    cr_expect(swept.counters.open == listeners.size(), "%u %%: %lu", percent, swept.counters.open);
    cr_expect(swept.counters.closed == 3000 - listeners.size(), "%u %%: %lu closed, %lu filtered",
              percent, swept.counters.closed, swept.counters.filtered);
    cr_expect(swept.counters.retries > 0);
  }
}

Test(sweep_network, retries_a_host_that_answers_as_often_as_configured) {
  const TwoNetworks networks;
  networks.far_rule("tcp dport 1-400 drop");
  Swept swept;
  (void)succeeds_once([&] {
    swept = sweep_all(ports("10.9.0.2", 1, 410), quick());
    return swept.counters.closed == 10 && swept.counters.retries == 800;
  });
  cr_expect(swept.counters.filtered == 400 && swept.counters.closed == 10);
  cr_expect(swept.counters.retries == 800, "%lu", swept.counters.retries);
}

Test(sweep_network, gives_up_sooner_on_a_host_that_answers_nothing) {
  const TwoNetworks networks;
  SweepOptions options = quick();
  options.parallel = 50;
  const Swept swept = sweep_all(ports("10.7.0.9", 1, 400), options);
  cr_expect(swept.counters.filtered == 400);
  cr_expect(swept.counters.attempts < 600, "%lu", swept.counters.attempts);
  cr_expect(swept.counters.attempts >= 400);
}

Test(sweep_network, gives_up_sooner_on_the_hosts_of_a_silent_network) {
  const TwoNetworks networks;
  std::vector<Address> targets;
  for (int host = 1; host <= 100; ++host) {
    for (const Address& target : ports("10.7.0." + std::to_string(host), 1, 30)) {
      targets.push_back(target);
    }
  }
  SweepOptions options = quick();
  options.parallel = 500;
  const SweepCounters silent = sweep_all(targets, options).counters;
  cr_expect(silent.filtered == 3000);
  // Eight missing answers of a host take about six targets; thirty-two would take more than twenty.
  cr_expect(silent.retries < 1300, "%lu", silent.retries);
}

Test(sweep_network, is_not_delayed_by_the_dead_hosts_of_a_network) {
  const TwoNetworks networks;
  networks.at_far_end([] { shell("ip addr add 10.7.0.200/32 dev far"); });
  std::vector<Address> targets;
  for (int host = 150; host < 250; ++host) {
    for (const Address& target : ports("10.7.0." + std::to_string(host), 1, 20)) {
      targets.push_back(target);
    }
  }
  Swept swept;
  const bool in_time = succeeds_once([&] {
    const TimePoint start = Clock::now();
    swept = sweep_all(targets, quick());
    return Clock::now() - start < slowness() * milliseconds(3000) && swept.counters.closed == 20;
  });
  cr_expect(in_time);
  cr_expect(swept.counters.closed == 20, "%lu", swept.counters.closed);
  cr_expect(swept.counters.filtered == 1980);
}
