// Sweeps of loopback with real listeners, on each backend, with and without reused sockets.
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/connects.h"
#include "support/network_namespace.h"
#include "support/slowness.h"
#include "support/sweeps.h"
#include <sluice/loop.h>
#include <sluice/sweep.h>
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

TestSuite(sweep, .timeout = 30);

Test(sweep, distinguishes_open_from_closed) {
  for (const bool reuse : {true, false}) {
    for (const int family : {AF_INET, AF_INET6}) {
      const Listening listening(Address::loopback(family, 0));
      const Refusing refusing(Address::loopback(family, 0));
      SweepOptions options;
      options.reuse_refused = reuse;
      Run run({target_of(refusing, 1), target_of(listening, 2), target_of(refusing, 3)}, options);
      run.complete();
      for (const SweepResult& result : run.results) {
        const bool open = result.target.tag == 2;
        cr_expect(result.state == (open ? SweepState::open : SweepState::closed));
        cr_expect(result.error == (open ? 0 : ECONNREFUSED), "errno %d", result.error);
        cr_expect(result.target.address == (open ? listening : refusing).address());
        cr_expect(result.attempts == 1);
        cr_expect(result.rtt.count() > 0 && result.rtt < std::chrono::seconds(10));
      }
      const SweepCounters& counters = run.sweep.counters();
      cr_expect(counters.targets == 3 && counters.reported == 3 && counters.attempts == 3);
      cr_expect(counters.open == 1 && counters.closed == 2);
    }
  }
}

Test(sweep, may_begin_with_the_rate_of_an_earlier_one) {
  const Refusing refusing(Address::loopback(AF_INET, 0));
  SweepOptions options;
  options.rate = 1000;
  options.max_rate = 100'000;
  const std::vector<SweepTarget> targets(50, target_of(refusing));
  Run usual(targets, options);
  cr_expect(usual.sweep.rate() == 1000);
  options.first_rate = 30'000;
  Run earlier(targets, options);
  earlier.complete();  // answers of loopback say nothing about a network
  options.first_rate = earlier.sweep.rate();
  cr_expect(options.first_rate == 30'000);
  Run later(targets, options);
  cr_expect(later.sweep.rate() == 30'000);
}

Test(sweep, sweeps_both_families_in_one_run) {
  const Listening four(Address::loopback(AF_INET, 0), 200);
  const Listening six(Address::loopback(AF_INET6, 0), 200);
  std::vector<SweepTarget> targets;
  for (unsigned i = 0; i < 50; ++i) {
    targets.push_back(target_of(four));
    targets.push_back(target_of(six));
    targets.push_back({.address = ip("127.0.0.1", 1), .tag = 0});
    targets.push_back({.address = ip("::1", 1), .tag = 0});
  }
  // An IPv4-mapped address permanently turns an IPv6 socket into an IPv4 socket.
  targets.push_back({.address = ip("::ffff:127.0.0.1", four.address().port()), .tag = 0});
  targets.push_back({.address = ip("::1", 1), .tag = 0});
  targets.push_back({.address = ip("::ffff:127.0.0.1", 1), .tag = 0});
  targets.push_back({.address = ip("::1", 1), .tag = 0});
  Run run(targets);
  run.complete();
  cr_expect(run.sweep.counters().open == 101, "%lu", run.sweep.counters().open);
  cr_expect(run.sweep.counters().closed == 103);
}

// All ports, repeatedly, with some listeners: the sweep misses none and reports no false one.
Test(sweep, finds_every_listening_port_every_time) {
  enter_network_namespace();  // no other process listens there
  std::vector<std::unique_ptr<Listening>> listeners;
  std::set<std::uint16_t> listening;
  for (int i = 0; i < 12; ++i) {
    listeners.push_back(std::make_unique<Listening>(ip("127.0.0.77")));
    listening.insert(listeners.back()->address().port());
  }
#ifdef SLUICE_PORTABLE
  constexpr unsigned kRuns = 1;  // a run takes about a second
#else
  constexpr unsigned kRuns = 3;
#endif
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    Loop loop(backend_options());
    const auto order = shuffled(65535, seed);
    std::uint64_t position = 0;
    std::set<std::uint16_t> open;
    std::uint64_t others = 0;
    Address address = ip("127.0.0.77");
    Sweep sweep(
        loop, {},
        [&]() -> std::optional<SweepTarget> {
          if (position == order.size()) return std::nullopt;
          address.set_port(static_cast<std::uint16_t>(order[position++] + 1));
          return SweepTarget{.address = address, .tag = 0};
        },
        [&](const SweepResult& result, Fd&) {
          if (result.state == SweepState::open) {
            open.insert(result.target.address.port());
          } else {
            others += result.state == SweepState::closed ? 1U : 0U;
          }
        },
        [&] { loop.stop(); });
    sweep.start();
    loop.run();
    cr_assert(open == listening, "seed %u: %zu open, not %zu", seed, open.size(), listening.size());
    cr_assert(others == 65535 - listening.size());
  }
}

Test(sweep, retries_a_silent_target_and_reports_it_as_filtered) {
  const BlackHole hole;
  SweepOptions options;
  options.first_timeout = options.min_timeout = options.max_timeout = milliseconds(30);
  for (const unsigned retries : {0U, 1U, 3U}) {
    options.retries = retries;
    Run run({target_of(hole)}, options);
    const TimePoint start = Clock::now();
    run.complete();
    const SweepResult& result = run.results[0];
    cr_expect(result.state == SweepState::filtered && result.error == 0);
    cr_expect(result.attempts == retries + 1, "%u", result.attempts);
    cr_expect(result.rtt.count() == 0);
    cr_expect(run.sweep.counters().retries == retries);
    cr_expect(run.sweep.counters().attempts == retries + 1);
    cr_expect(Clock::now() - start >= milliseconds(30) * (retries + 1));
  }
}

Test(sweep, limits_a_timeout_to_an_hour) {
  const BlackHole hole;
  SweepOptions options;
  options.first_timeout = options.min_timeout = options.max_timeout = milliseconds::max();
  Run run({target_of(hole)}, options);
  run.sweep.start();
  turn_a_while(run.loop, 50);
  cr_expect(run.results.empty());
  cr_expect(run.sweep.counters().in_flight == 1, "%lu", run.sweep.counters().in_flight);
}

Test(sweep, finds_an_open_port_whose_first_attempt_was_lost) {
  const bool by_the_second = succeeds_once([] {
    BlackHole hole;
    SweepOptions options;
    options.first_timeout = options.min_timeout = options.max_timeout = milliseconds(100);
    Run run({target_of(hole)}, options);
    Timer timer(run.loop, [&] { hole.open(); });
    timer.start(milliseconds(50));
    run.complete();
    // The round trip is that of the attempt that was answered.
    return run.results[0].state == SweepState::open && run.results[0].attempts == 2 &&
           run.results[0].rtt < milliseconds(100);
  });
  cr_expect(by_the_second);
}

Test(sweep, reports_an_attempt_that_this_host_cannot_make_as_failed) {
  SweepOptions options;
  options.from.address = ip("192.0.2.99");
  Run run({{.address = ip("127.0.0.1", 1), .tag = 0},
           {.address = ip("::1", 1), .tag = 1},
           {.address = path("/run/nobody.sock"), .tag = 2}},
          options);
  run.complete();
  std::map<std::uint64_t, int> errors;
  for (const SweepResult& result : run.results) {
    cr_expect(result.state == SweepState::failed);
    errors[result.target.tag] = result.error;
  }
  cr_expect(errors[0] == EADDRNOTAVAIL && errors[1] == EAFNOSUPPORT && errors[2] == EAFNOSUPPORT);
}

Test(sweep, connects_from_the_given_address) {
  const Listening listening;
  SweepOptions options;
  options.from.address = ip("127.0.0.123");
  const Refusing refusing;
  Run run({target_of(refusing), target_of(listening), target_of(refusing)}, options);
  bool checked = false;
  run.report = [&](const SweepResult& result, Fd& socket) {
    if (result.state != SweepState::open) return;
    cr_expect(Address::local_of(socket.get()).host() == "127.0.0.123");
    checked = true;
  };
  run.complete();
  cr_expect(checked);
  cr_expect(run.sweep.counters().closed == 2);
}

Test(sweep, has_a_name_for_every_state) {
  cr_expect(to_string(SweepState::open) == "open");
  cr_expect(to_string(SweepState::closed) == "closed");
  cr_expect(to_string(SweepState::filtered) == "filtered");
  cr_expect(to_string(SweepState::unreachable) == "unreachable");
  cr_expect(to_string(SweepState::failed) == "failed");
  cr_expect(to_string(static_cast<SweepState>(99)) == "?");
}
