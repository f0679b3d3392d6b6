// A steady rate: no drift in an hour, and no tick twice, however busy the loop was.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include <criterion/criterion.h>

#include <sluice/loop.h>
#include <sluice/ticker.h>

using namespace sluice;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

LoopOptions virtual_options() {
  LoopOptions options;
  options.virtual_time = true;
  return options;
}

struct Ticks {
  Ticks() : loop(virtual_options()), ticker(loop, [this](std::uint64_t m) { note(m); }) {}
  void note(std::uint64_t m) {
    times.push_back(loop.now());
    missed.push_back(m);
  }

  Loop loop;
  std::vector<TimePoint> times;
  std::vector<std::uint64_t> missed;
  Ticker ticker;
};

}  // namespace

Test(ticker, an_hour_at_sixty_hertz_has_216000_ticks_and_no_drift) {
  Ticks ticks;
  const TimePoint start = ticks.loop.now();
  ticks.ticker.start(60, seconds(1));
  for (int i = 0; i < 3600; ++i) ticks.loop.advance(seconds(1));
  cr_assert(ticks.times.size() == 216'000, "%zu", ticks.times.size());
  for (std::size_t i = 0; i < ticks.times.size(); ++i) {
    const nanoseconds exact(static_cast<std::int64_t>((i + 1) * 1'000'000'000 / 60));
    cr_assert(ticks.times[i] - start == exact, "tick %zu", i);
    cr_assert(ticks.missed[i] == 0);
  }
  cr_expect(ticks.times.back() - start == seconds(3600));
}

Test(ticker, a_rate_that_no_nanosecond_divides_does_not_drift_either) {
  Ticks ticks;
  const TimePoint start = ticks.loop.now();
  ticks.ticker.start(30'000, std::chrono::milliseconds(1'001'000));  // 29.97 Hz
  ticks.loop.advance(milliseconds(1'001'000));
  cr_expect(ticks.times.size() == 30'000);
  cr_expect(ticks.times.back() - start == milliseconds(1'001'000));
}

Test(ticker, missed_ticks_are_counted_and_not_made_up_for) {
  Loop loop;
  std::vector<std::uint64_t> missed;
  TimePoint first{};
  Ticker ticker(loop, [&](std::uint64_t m) {
    missed.push_back(m);
    if (missed.size() == 1) {
      first = ticker.due();
      // A callback that takes as long as some ticks.
      while (Clock::now() < first + milliseconds(43)) {
      }
    }
    if (missed.size() == 3) loop.stop();
  });
  ticker.start(100, seconds(1));
  const TimePoint second = ticker.due() + milliseconds(10);
  loop.run();
  cr_expect(first == second);
  cr_expect(missed[0] == 0);
  // At least 4 of the 10 ms ticks were due in the 43 ms, and one call stands for all of them.
  cr_expect(missed[1] >= 4, "%d", static_cast<int>(missed[1]));
  const auto all = static_cast<std::int64_t>(3 + missed[1] + missed[2]);
  cr_expect(ticker.due() - second == milliseconds(10) * (all - 1));
}

Test(ticker, never_runs_early) {
  Loop loop;
  int count = 0;
  TimePoint next{};
  Ticker ticker(loop, [&](std::uint64_t) {
    cr_expect(Clock::now() >= next);
    next = ticker.due();
    if (++count == 20) loop.stop();
  });
  ticker.start(1000, seconds(1));
  next = ticker.due();
  loop.run();
}

Test(ticker, can_be_stopped_restarted_and_destroyed_by_its_function) {
  Loop loop(virtual_options());
  int count = 0;
  std::unique_ptr<Ticker> ticker;
  ticker = std::make_unique<Ticker>(loop, [&](std::uint64_t) {
    if (++count == 1) ticker->start(1, seconds(1));
    if (count == 2) ticker->stop();
    if (count == 3) ticker.reset();
  });
  ticker->start(10, seconds(1));
  loop.advance(milliseconds(100));
  cr_expect(count == 1);
  loop.advance(milliseconds(999));
  cr_expect(count == 1);
  loop.advance(milliseconds(1));
  cr_expect(count == 2);
  cr_expect(not(ticker->running()));
  loop.advance(seconds(10));
  cr_expect(count == 2);
  ticker->start(10, seconds(1));
  loop.advance(seconds(10));
  cr_expect(count == 3);
}

Test(ticker, continues_after_an_exception) {
  int count = 0;
  int reports = 0;  // before the loop, whose destructor may report
  Loop loop(virtual_options());
  loop.set_reporter([&reports](const Report&) { ++reports; });
  Ticker ticker(loop, [&](std::uint64_t) {
    ++count;
    throw std::runtime_error("a tick");
  });
  ticker.start(2, seconds(1));
  loop.advance(seconds(1));
  cr_expect(count == 2);
  cr_expect(reports >= 1);
}

#ifdef __linux__
// Without precise_timers a wait of 400 us takes at least a millisecond. With them one wait in so
// many is short enough, also on a machine that is busy with other things.
Test(ticker, of_a_loop_with_precise_timers_runs_sooner_than_the_backend_would_wake_it) {
  LoopOptions options;
  options.backend = Backend::epoll;
  options.precise_timers = true;
  Loop loop(options);
  nanoseconds lag = seconds(1);
  TimePoint due;
  Ticker ticker(loop, [&](std::uint64_t) {
    lag = std::min<nanoseconds>(lag, Clock::now() - due);
    loop.stop();
  });
  for (int i = 0; i < 2000 && lag > std::chrono::microseconds(300); ++i) {
    ticker.start(1, std::chrono::microseconds(400));
    due = ticker.due();
    loop.run();
    ticker.stop();
  }
  cr_expect(lag >= nanoseconds(0) && lag <= std::chrono::microseconds(300), "%ld ns",
            static_cast<long>(lag.count()));
}
#endif
