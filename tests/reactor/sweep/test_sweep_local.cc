// Sweeps while this host lacks a resource, and sweeps that connect to themselves.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/connects.h"
#include "support/descriptors.h"
#include "support/network_namespace.h"
#include "support/slowness.h"
#include <sluice/loop.h>
#include <sluice/sweep.h>
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

TestSuite(sweep_local, .timeout = 30);

namespace {

using Report = std::function<void(const SweepResult&, Fd&)>;

struct Swept {
  Loop loop{backend_options()};
  SweepCounters counters;
  std::vector<SweepResult> results;

  // `address` this many times.
  void run(const Address& address, unsigned times, const SweepOptions& options,
           const Report& report = {}) {
    unsigned given = 0;
    Sweep sweep(
        loop, options,
        [&]() -> std::optional<SweepTarget> {
          if (given == times) return std::nullopt;
          return SweepTarget{.address = address, .tag = given++};
        },
        [&](const SweepResult& result, Fd& socket) {
          results.push_back(result);
          if (report) report(result, socket);
        },
        [&] { loop.stop(); });
    sweep.start();
    loop.run();
    counters = sweep.counters();
  }
};

}  // namespace

Test(sweep_local, waits_for_a_descriptor_and_reports_no_target_as_failed) {
  const Listening listening(Address::loopback(AF_INET, 0), 100);
  Swept swept;
  auto hoard = std::make_unique<Hoard>(0);
  Timer timer(swept.loop, [&] { hoard->give(40); });
  timer.start(milliseconds(60));
  const TimePoint start = Clock::now();
  swept.run(listening.address(), 10, {});
  cr_expect(Clock::now() - start >= milliseconds(60));
  cr_expect(swept.counters.open == 10, "%lu", swept.counters.open);
  cr_expect(swept.counters.failed == 0);
  // It uses a back-off, not a busy loop.
  cr_expect(swept.counters.local_waits >= 1 && swept.counters.local_waits < 12, "%lu",
            swept.counters.local_waits);
  for (const SweepResult& result : swept.results) cr_expect(result.attempts == 1);
}

Test(sweep_local, finds_all_open_ports_with_few_descriptors) {
  const BlackHole hole;
  Swept swept;
  const Hoard hoard(6);
  SweepOptions options;
  options.parallel = 1000;
  options.retries = 0;
  options.first_timeout = options.min_timeout = options.max_timeout = milliseconds(20);
  swept.run(hole.address(), 30, options);
  cr_expect(swept.counters.filtered == 30, "%lu", swept.counters.filtered);
  cr_expect(swept.counters.local_waits > 0);
}

Test(sweep_local, leaves_the_program_some_descriptors_by_default) {
  rlimit limit{};
  cr_assert(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 100;
  cr_assert(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  const BlackHole hole;
  Swept swept;
  std::uint64_t most = 0;
  Timer timer(swept.loop, [&] {
    const Fd other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    cr_expect(static_cast<bool>(other), "nothing is left");
    ++most;
  });
  timer.start_repeating(milliseconds(5));
  SweepOptions options;
  options.retries = 0;
  options.first_timeout = options.min_timeout = options.max_timeout = milliseconds(20);
  swept.run(hole.address(), 300, options);
  cr_expect(most > 2);
  cr_expect(swept.counters.local_waits == 0, "%lu", swept.counters.local_waits);
  cr_expect(swept.counters.filtered == 300);
}

Test(sweep_local, calls_a_port_open_that_accepts_and_resets_at_once) {
  std::ptrdiff_t overtaken = 0;
  for (const auto first : {Resetting::First::nothing, Resetting::First::end}) {
    for (const bool reuse : {true, false}) {
      const Resetting resetting(first);
      SweepOptions options;
      options.reuse_refused = reuse;
      Swept swept;
      swept.run(resetting.address(), 1000, options, [](const SweepResult& result, Fd& socket) {
        cr_expect(static_cast<bool>(socket));
        cr_expect(result.rtt.count() > 0);
      });
      cr_expect(swept.counters.open == 1000, "%lu open, %lu closed", swept.counters.open,
                swept.counters.closed);
      overtaken += std::count_if(swept.results.begin(), swept.results.end(),
                                 [](const SweepResult& result) { return result.error != 0; });
    }
  }
  cr_expect(overtaken > 0, "no reset came before the look at the socket: the test shows nothing");
}

Test(sweep_local, waits_for_its_one_local_port) {
  const Listening listening(Address::loopback(AF_INET, 0), 100);
  auto other = std::make_unique<Refusing>();
  SweepOptions options;
  options.from.address = other->address();
  Swept swept;
  Timer timer(swept.loop, [&] { other.reset(); });
  timer.start(slowness() * milliseconds(40));
  swept.run(listening.address(), 1, options);
  cr_expect(swept.counters.open == 1);
  cr_expect(swept.counters.local_waits > 0);
}

Test(sweep_local, reports_closed_if_the_local_port_is_the_target) {
  enter_network_namespace();
  SweepOptions options;
  options.from.address = ip("127.0.0.1", 40'004);
  Swept swept;
  swept.run(ip("127.0.0.1", 40'004), 3, options);
  cr_expect(swept.counters.closed == 3, "%lu", swept.counters.closed);
  for (const SweepResult& result : swept.results) cr_expect(result.error == ECONNREFUSED);
}

// In a namespace with few local ports, the kernel often chooses the target port as the source port.
Test(sweep_local, does_not_report_a_connection_to_itself_as_open) {
  enter_network_namespace();
  {
    std::ofstream range("/proc/sys/net/ipv4/ip_local_port_range");
    range << "40000 40015";
  }
  for (const char* host : {"127.0.0.1", "::1"}) {
    for (const bool reuse : {true, false}) {
      SweepOptions options;
      options.reuse_refused = reuse;
      Swept swept;
      swept.run(ip(host, 40'004), 300, options);
      cr_expect(swept.counters.open == 0, "%s: %lu", host, swept.counters.open);
      cr_expect(swept.counters.closed == 300, "%s: %lu", host, swept.counters.closed);
      cr_expect(swept.counters.self_connects > 0, "%s: the test shows nothing", host);
    }
  }
}
