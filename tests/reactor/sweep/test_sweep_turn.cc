// The turns of a sweep: when it requests targets, how it stops, and what its functions may do.
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include <criterion/criterion.h>
#include <ev.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/connects.h"
#include "support/slowness.h"
#include "support/sweeps.h"
#include <sluice/loop.h>
#include <sluice/sweep.h>
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

TestSuite(sweep_turn, .timeout = 30);

Test(sweep_turn, without_targets_is_done_in_a_later_turn) {
  Run run({});
  run.sweep.start();
  cr_expect(run.done == 0 && run.asked == 0);
  run.loop.run();
  cr_expect(run.done == 1);
  cr_expect(run.asked == 1);
}

Test(sweep_turn, does_nothing_before_it_is_started) {
  const Listening listening;
  Run run({target_of(listening)});
  run.loop.poll();
  cr_expect(run.asked == 0);
}

Test(sweep_turn, delays_a_turn_only_briefly) {
  Run run(ports_of("127.0.0.1", 1, 20'000));
  int beats = 0;
  Timer timer(run.loop, [&] { ++beats; });
  timer.start_repeating(milliseconds(2));
  run.complete();
  cr_expect(beats > 5, "%d", beats);
}

// More than the 1,024 descriptors of select(), all answered at once.
Test(sweep_turn, handles_very_many_answers_at_once) {
  constexpr std::size_t kProbes = 1500;
  rlimit limit{};
  cr_assert(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 2000));
  cr_assert(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur < 2000) cr_skip_test("too few descriptors are allowed");
  std::optional<BlackHole> hole(std::in_place);
  SweepOptions options;
  options.parallel = kProbes;
  options.first_timeout = options.max_timeout = milliseconds(20'000);
  Run run(std::vector<SweepTarget>(kProbes, target_of(*hole)), options);
  run.sweep.start();
  turn_until(run.loop, [&] { return run.sweep.counters().in_flight == kProbes; });
  hole.reset();
  ::poll(nullptr, 0, 2000);  // after a second the kernel retransmits, and all are refused
  run.loop.run();
  cr_expect(run.done == 1);
  cr_expect(run.sweep.counters().closed == kProbes, "%lu", run.sweep.counters().closed);
  cr_expect(run.sweep.counters().retries == 0, "%lu", run.sweep.counters().retries);
}

Test(sweep_turn, keeps_a_hosts_loop_running_until_it_is_done) {
  struct ev_loop* const host = ev_loop_new(EVFLAG_AUTO);
  {
    const BlackHole hole;
    const Listening listening;
    Loop loop(host);
    SweepOptions options;
    options.rate = 50;
    options.retries = 1;
    options.first_timeout = options.min_timeout = options.max_timeout = milliseconds(30);
    std::vector<SweepTarget> targets{target_of(listening), target_of(hole), target_of(listening)};
    int reported = 0;
    bool done = false;
    Sweep sweep(
        loop, options,
        [&]() -> std::optional<SweepTarget> {
          if (targets.empty()) return std::nullopt;
          const SweepTarget target = targets.back();
          targets.pop_back();
          return target;
        },
        [&](const SweepResult&, Fd&) { ++reported; }, [&] { done = true; });
    ev_run(host, 0);  // it has not been started
    cr_expect(reported == 0);
    sweep.start();
    ev_run(host, 0);
    cr_expect(reported == 3 && done);
    Sweep stopped(
        loop, options, [&] { return target_of(hole); }, [](const SweepResult&, Fd&) {}, [] {});
    stopped.start();
    ev_run(host, EVRUN_NOWAIT);
    ev_run(host, EVRUN_NOWAIT);
    cr_expect(stopped.counters().targets > 0);
    stopped.stop();
    ev_run(host, 0);
  }
  ev_loop_destroy(host);
}

Test(sweep_turn, passes_the_open_connection_or_resets_it) {
  const Listening listening;
  std::vector<Fd> kept;
  Run run({target_of(listening, 1), target_of(listening, 2)});
  run.report = [&](const SweepResult& result, Fd& socket) {
    cr_assert(static_cast<bool>(socket));
    if (result.target.tag == 1) kept.push_back(std::move(socket));
  };
  run.complete();
  cr_assert(kept.size() == 1);
  const Fd first = listening.accept_soon();
  const Fd second = listening.accept_soon();
  cr_assert(first && second);
  // When it sends bytes, the test sees which of the two was kept.
  cr_expect(::send(kept[0].get(), "x", 1, MSG_NOSIGNAL) == 1);
  int kept_ones = 0;
  int resets = 0;
  for (const Fd* end : {&first, &second}) {
    char byte = 0;
    const ssize_t got = ::recv(end->get(), &byte, 1, 0);
    if (got == 1) ++kept_ones;
    if (got < 0 && errno == ECONNRESET) ++resets;
  }
  cr_expect(kept_ones == 1 && resets == 1, "%d kept, %d reset", kept_ones, resets);
}

Test(sweep_turn, passes_no_socket_for_a_closed_port) {
  const Refusing refusing;
  for (const SweepOptions& options : {SweepOptions{}, without_reuse()}) {
    Run run({target_of(refusing)}, options);
    run.report = [](const SweepResult&, Fd& socket) { cr_expect(!socket); };
    run.complete();
  }
}

Test(sweep_turn, requests_no_more_targets_than_it_has_room_for) {
  const BlackHole hole;
  std::vector<SweepTarget> targets(5000, target_of(hole));
  SweepOptions options;
  options.parallel = 10;
  Run run(targets, options);
  run.sweep.start();
  for (int i = 0; i < 20; ++i) run.loop.poll();
  cr_expect(run.sweep.counters().in_flight == 10, "%lu", run.sweep.counters().in_flight);
  cr_expect(run.given <= 10 + 1024, "%zu", run.given);
  cr_expect(run.sweep.pending().size() == run.given);
}

Test(sweep_turn, keeps_its_rate) {
  SweepOptions options;
  options.rate = 1000;
  const bool no_slower = succeeds_once([&] {
    Run run(ports_of("127.0.0.1", 1, 300), options);
    const TimePoint start = Clock::now();
    run.complete();
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - start);
    cr_expect(took >= milliseconds(290), "%ld ms", static_cast<long>(took.count()));
    return took < milliseconds(1500);
  });
  cr_expect(no_slower);
}

Test(sweep_turn, excludes_loopback_from_the_rate_on_request) {
  SweepOptions options;
  options.rate = 10;
  options.rate_on_loopback = false;
  Run run(ports_of("127.0.0.1", 1, 300), options);
  const TimePoint start = Clock::now();
  run.complete();
  cr_expect(Clock::now() - start < milliseconds(5000));
}

Test(sweep_turn, calls_nothing_after_stop_and_returns_the_pending_targets) {
  const BlackHole hole;
  const Refusing refusing;
  std::vector<SweepTarget> targets;
  for (std::uint64_t tag = 0; tag < 60; ++tag) {
    targets.push_back(target_of(tag % 2 == 0 ? static_cast<const Refusing&>(hole) : refusing, tag));
  }
  SweepOptions options;
  options.parallel = 20;
  Run run(targets, options);
  run.report = [&](const SweepResult& result, Fd&) {
    if (result.target.tag == 21) run.sweep.stop();
  };
  run.sweep.start();
  for (int i = 0; i < 50; ++i) run.loop.poll();
  cr_assert(!run.results.empty() && run.results.back().target.tag == 21);
  cr_expect(run.done == 0);
  cr_expect(run.sweep.counters().in_flight == 0);
  // Each target is either reported, pending or not requested yet.
  std::multiset<std::uint64_t> tags;
  for (const SweepResult& result : run.results) tags.insert(result.target.tag);
  for (const SweepTarget& target : run.sweep.pending()) tags.insert(target.tag);
  for (std::size_t i = run.given; i < targets.size(); ++i) tags.insert(targets[i].tag);
  cr_expect(tags.size() == targets.size(), "%zu", tags.size());
  cr_expect(std::set<std::uint64_t>(tags.begin(), tags.end()).size() == targets.size());
  run.loop.poll();
  cr_expect(run.sweep.pending().size() + run.results.size() == run.given);
}

Test(sweep_turn, may_be_stopped_by_its_source_and_loses_no_target) {
  const Refusing refusing;
  Loop loop(backend_options());
  std::unique_ptr<Sweep> sweep;
  std::uint64_t given = 0;
  std::uint64_t reported = 0;
  sweep = std::make_unique<Sweep>(
      loop, SweepOptions{},
      [&]() -> std::optional<SweepTarget> {
        if (given == 7) sweep->stop();
        return SweepTarget{.address = refusing.address(), .tag = given++};
      },
      [&](const SweepResult&, Fd&) { ++reported; }, [] { cr_expect(false); });
  sweep->start();
  for (int i = 0; i < 10; ++i) loop.poll();
  const auto pending = sweep->pending();
  cr_expect(given == 8);
  cr_expect(pending.size() + reported == 8, "%zu and %lu", pending.size(), reported);
  const auto last = [](const SweepTarget& target) { return target.tag == 7; };
  cr_expect(std::any_of(pending.begin(), pending.end(), last));
}

Test(sweep_turn, may_be_destroyed_at_any_time) {
  const BlackHole hole;
  for (int turns = 0; turns < 6; ++turns) {
    std::vector<SweepTarget> targets(100, target_of(hole));
    for (const SweepTarget& target : ports_of("127.0.0.1", 1, 500)) targets.push_back(target);
    auto run = std::make_unique<Run>(targets);
    run->sweep.start();
    for (int i = 0; i < turns; ++i) run->loop.poll();
  }
}

Test(sweep_turn, continues_when_its_sink_throws) {
  std::uint64_t reported = 0;
  {
    Run run(ports_of("127.0.0.1", 1, 20));
    run.loop.set_reporter([&](const Report& report) {
      reported += report.count;
      cr_expect(report.where == "sweep sink" && report.what == "no more paper");
    });
    run.report = [](const SweepResult&, Fd&) { throw std::runtime_error("no more paper"); };
    run.complete();
  }
  // The loop holds reports of one exception back, and makes the last one when it is destroyed.
  cr_expect(reported == 20, "%lu", reported);
}

Test(sweep_turn, ends_when_its_source_throws) {
  Loop loop(backend_options());
  int given = 0;
  int reported = 0;
  int reports = 0;
  loop.set_reporter(
      [&](const Report& report) { reports += report.where == "sweep source" ? 1 : 0; });
  Sweep sweep(
      loop, {},
      [&]() -> std::optional<SweepTarget> {
        if (++given == 4) throw std::runtime_error("the list is torn");
        return SweepTarget{.address = ip("127.0.0.1", 1), .tag = 0};
      },
      [&](const SweepResult&, Fd&) { ++reported; }, [&] { loop.stop(); });
  sweep.start();
  loop.run();
  cr_expect(reported == 3 && reports == 1);
}
