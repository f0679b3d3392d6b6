// Turns that took long are counted and reported, with the callback that took most of them.
#include <poll.h>

#include <chrono>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/slowness.h"
#include "support/streams.h"
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// Far above what a loaded machine makes of a turn that does nothing.
constexpr int kSlow = 300;

struct World {
  explicit World(milliseconds limit = milliseconds(kSlow / 2)) : loop(options(limit)) {
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }
  static LoopOptions options(milliseconds limit) {
    LoopOptions options = backend_options();
    options.slow_turn = limit;
    options.report_slow_turns = true;
    return options;
  }
  void take_long() {
    loop.post([] { ::poll(nullptr, 0, kSlow); });
    loop.run_once();
  }
  std::vector<Report> reports;
  Loop loop;
};

}  // namespace

Test(slow_turns, are_counted_and_the_longest_is_kept) {
  const bool short_ones_are_not = succeeds_once([] {
    World world;
    world.loop.poll();
    return world.loop.counters().slow_turns == 0 && world.loop.counters().longest_turn_us == 0;
  });
  cr_expect(short_ones_are_not);
  World world;
  world.take_long();
  world.take_long();
  cr_expect(world.loop.counters().slow_turns == 2);
  cr_expect(world.loop.counters().longest_turn_us >= (kSlow - 10) * 1000);
}

Test(slow_turns, are_in_the_histogram_of_turns_and_short_ones_in_its_lowest_range) {
  World world;
  for (int i = 0; i < 200; ++i) world.loop.poll();
  const TimeHistogram before = world.loop.counters().turn_times;
  world.take_long();
  const TimeHistogram& after = world.loop.counters().turn_times;
  cr_expect(before.counts[0] >= 150, "%d", static_cast<int>(before.counts[0]));
  cr_expect(after.sum - before.sum >= (kSlow - 10) * 1000);
  std::uint64_t slow = 0;
  for (std::size_t i = 0; i < after.counts.size(); ++i) {
    const bool is_above = i > 0 && TimeHistogram::kBounds[i - 1] >= 250'000;
    if (is_above) slow += after.counts[i] - before.counts[i];
  }
  cr_expect(slow == 1);
}

Test(slow_turns, delay_timers_which_the_histogram_of_lags_shows) {
  World world;
  Timer timer(world.loop, [] {});
  timer.start(milliseconds(1));
  world.take_long();
  for (int i = 0; i < 100 && timer.running(); ++i) world.loop.run_once();
  cr_expect(world.loop.counters().timer_lags.sum >= (kSlow - 50) * 1000);
}

Test(slow_turns, do_not_count_the_wait) {
  World world;
  bool ran = false;
  Timer timer(world.loop, [&ran] { ran = true; });
  timer.start(milliseconds(kSlow));
  while (!ran) world.loop.run_once();
  cr_expect(world.loop.counters().slow_turns == 0);
}

Test(slow_turns, are_reported_with_the_name_of_the_callback) {
  Handler handler;
  World world;
  handler.data = [](Connection&, std::string_view in) {
    ::poll(nullptr, 0, kSlow);
    return in.size();
  };
  Pair pair = unix_pair();
  Connection::adopt(world.loop, std::move(pair.ours), handler);
  Peer peer(std::move(pair.peers));
  peer.send("x");
  world.loop.run_once();
  cr_assert(world.reports.size() == 1);
  const Report& report = world.reports[0];
  cr_expect(report.kind == Report::Kind::slow_turn);
  cr_expect(report.where == "on_data", "%s", report.where.c_str());
  cr_expect(report.what.starts_with("a turn took "), "%s", report.what.c_str());
  cr_expect(report.what.find(", and one callback ") != std::string::npos);
  cr_expect(report.count == 1 && !report.error);
}

Test(slow_turns, are_reported_once_a_second_with_their_number) {
  const bool once_a_second = succeeds_once([] {
    World world;
    for (int i = 0; i < 3; ++i) world.take_long();
    if (world.reports.size() != 1) return false;
    ::poll(nullptr, 0, 500);
    world.take_long();
    return world.reports.size() == 2 && world.reports[1].count == 3;
  });
  cr_expect(once_a_second);
}

Test(slow_turns, are_none_without_a_limit) {
  World world(milliseconds(0));
  world.take_long();
  cr_expect(world.reports.empty() && world.loop.counters().slow_turns == 0);
}
