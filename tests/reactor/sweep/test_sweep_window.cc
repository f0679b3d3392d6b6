// The window and its estimator on simulated paths: near, far, lossy, narrow and silent ones.
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <random>

#include <criterion/criterion.h>

#include "reactor/sweep/sweep_window.h"

using sluice::SweepRtt;
using sluice::SweepWindow;
using sluice::TimePoint;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr TimePoint kStart{std::chrono::hours(3)};

// A path with a round-trip time, a share of packets that it loses at any load, a bottleneck of so
// many probes a millisecond with a queue in front of it, and hosts that answer one of so many
// probes.
struct Path {
  milliseconds rtt{40};
  double loss = 0;
  double per_ms = 1e9;
  double queue = 1e9;
  unsigned answers_one_in = 1;
};

// Keeps the window full for a time, and retries each lost probe after 100 ms.
class Simulation {
 public:
  Simulation(const Path& path, SweepWindow& window) : path_(path), window_(window) {}

  void run(milliseconds time) {
    for (const TimePoint end = now_ + time; now_ < end; now_ += milliseconds(1)) step();
  }
  [[nodiscard]] double answered_per_ms(milliseconds time) {
    const std::size_t before = answered_;
    run(time);
    return static_cast<double>(answered_ - before) / static_cast<double>(time.count());
  }
  [[nodiscard]] std::size_t answered() const { return answered_; }
  Path& path() { return path_; }

 private:
  struct Probe {
    TimePoint sent{};
    TimePoint lost_at{};  // when the previous attempt was sent
    bool silent = false;  // the target never answers
  };

  void step() {
    queued_ = std::max(0.0, queued_ - path_.per_ms);
    take_events();
    while (in_flight_ < window_.size()) {
      Probe probe;
      if (!again_.empty()) {
        probe = again_.front();
        again_.pop_front();
      } else {
        probe.silent = random_() % path_.answers_one_in != 0;
      }
      launch(probe);
    }
  }

  void launch(Probe probe) {
    probe.sent = now_;
    ++in_flight_;
    window_.launched(now_);
    const bool dropped = std::uniform_real_distribution<>(0, 1)(random_) < path_.loss;
    const bool overflows = queued_ >= path_.queue;
    if (!overflows) queued_ += 1;
    const auto waits = milliseconds(static_cast<long>(queued_ / path_.per_ms));
    if (probe.silent || dropped || overflows) {
      events_.emplace(now_ + milliseconds(100), Event{probe, false});
    } else {
      events_.emplace(now_ + path_.rtt + waits, Event{probe, true});
    }
  }

  void take_events() {
    while (!events_.empty() && events_.begin()->first <= now_) {
      const Event event = events_.begin()->second;
      events_.erase(events_.begin());
      --in_flight_;
      if (event.answered) {
        ++answered_;
        window_.answered(event.probe.sent, now_, true);
        if (event.probe.lost_at != TimePoint{}) window_.lost(event.probe.lost_at, now_);
      } else if (!event.probe.silent) {
        again_.push_back({.sent = {}, .lost_at = event.probe.sent, .silent = false});
      }
    }
  }

  struct Event {
    Probe probe;
    bool answered;
  };
  Path path_;
  SweepWindow& window_;
  std::mt19937 random_{17};
  TimePoint now_ = kStart;
  std::multimap<TimePoint, Event> events_;
  std::deque<Probe> again_;
  std::size_t in_flight_ = 0;
  std::size_t answered_ = 0;
  double queued_ = 0;
};

SweepWindow window_of(std::size_t start = 512) {
  return SweepWindow({.start = start, .max = 8192, .timeout = milliseconds(100)});
}

}  // namespace

// RFC 6298, 2.2 and 2.3.
Test(sweep_rtt, starts_with_the_first_sample_and_half_of_it_as_the_deviation) {
  SweepRtt rtt;
  cr_expect(!rtt.known());
  rtt.sample(milliseconds(40));
  cr_expect(rtt.known());
  cr_expect(rtt.smoothed() == milliseconds(40));
  cr_expect(rtt.timeout() == milliseconds(120));
  rtt.sample(milliseconds(80));
  cr_expect(rtt.smoothed() == milliseconds(45));
  cr_expect(rtt.timeout() == milliseconds(45) + 4 * milliseconds(25));
  cr_expect(rtt.min() == milliseconds(40));
}

Test(sweep_rtt, shortens_the_timeout_on_a_steady_path) {
  SweepRtt rtt;
  for (int i = 0; i < 100; ++i) rtt.sample(milliseconds(200));
  cr_expect(rtt.timeout() <= milliseconds(202), "%ld", rtt.timeout().count());
  cr_expect(rtt.timeout() >= milliseconds(201));  // the granularity of the loop's timers
}

Test(sweep_window, starts_large_but_within_its_limit) {
  cr_expect(window_of().size() == 512);
  cr_expect(SweepWindow({.start = 512, .max = 40, .timeout = milliseconds(100)}).size() == 40);
  cr_expect(SweepWindow({.start = 512, .max = 0, .timeout = milliseconds(100)}).size() == 1);
}

Test(sweep_window, expects_an_unknown_path_to_be_short) {
  SweepWindow window = window_of();
  cr_expect(window.age() == milliseconds(250));
  window.answered(kStart, kStart + milliseconds(40), true);
  cr_expect(window.age() == milliseconds(120));
  // A turn of the loop may take longer than the round trip on a very near path.
  SweepWindow near = window_of();
  for (int i = 0; i < 50; ++i) near.answered(kStart, kStart + microseconds(30), true);
  cr_expect(near.age() == milliseconds(10));
}

Test(sweep_window, opens_on_a_path_that_answers) {
  for (const int trip : {5, 40, 200}) {
    SweepWindow window = window_of();
    Simulation simulation({.rtt = milliseconds(trip)}, window);
    simulation.run(milliseconds(2000));
    cr_expect(window.size() > 4000, "%d ms: %zu", trip, window.size());
    cr_expect(window.loss() == 0);
  }
}

Test(sweep_window, is_not_shrunk_by_one_lost_probe_in_a_hundred) {
  SweepWindow window = window_of();
  Simulation simulation({.loss = 0.02}, window);
  for (int i = 0; i < 40; ++i) {
    simulation.run(milliseconds(100));
    cr_assert(window.size() >= 512, "after %d ms: %zu", 100 * (i + 1), window.size());
  }
  cr_expect(window.size() > 4000, "%zu", window.size());
  cr_expect(window.loss() > 0.005 && window.loss() < 0.05, "%f", window.loss());
}

// Half the load loses the same share: the load is not the cause.
Test(sweep_window, is_restored_on_a_path_that_loses_at_any_load) {
  for (const double loss : {0.1, 0.2, 0.4}) {
    SweepWindow window = window_of();
    Simulation simulation({.loss = loss}, window);
    simulation.run(milliseconds(6000));
    cr_expect(window.size() > 3000, "%f: %zu", loss, window.size());
    cr_expect(window.loss() > loss * 0.6 && window.loss() < loss * 1.5, "%f: %f", loss,
              window.loss());
  }
}

Test(sweep_window, shrinks_to_the_capacity_of_a_narrow_path) {
  // 20 probes a millisecond and a round trip of 40 ms: it carries 800, and its queue holds 100
  // more.
  SweepWindow window = window_of(4000);
  Simulation simulation({.per_ms = 20, .queue = 100}, window);
  simulation.run(milliseconds(3000));
  cr_expect(window.size() < 2000, "%zu", window.size());
  // The sweep uses what the path can carry.
  const double rate = simulation.answered_per_ms(milliseconds(3000));
  cr_expect(rate > 12, "%f", rate);
  cr_expect(window.size() < 2500, "%zu", window.size());
  cr_expect(window.size() >= SweepWindow::kMinSize);
}

Test(sweep_window, shrinks_when_a_wide_path_becomes_narrow) {
  SweepWindow window = window_of();
  Simulation simulation({}, window);
  simulation.run(milliseconds(1500));
  const std::size_t wide = window.size();
  simulation.path().per_ms = 10;
  simulation.path().queue = 50;
  simulation.run(milliseconds(4000));
  cr_expect(window.size() < wide / 4, "%zu, then %zu", wide, window.size());
}

Test(sweep_window, does_not_grow_fast_while_round_trip_times_increase) {
  // An infinite queue: no probe is lost, but the answers take longer and longer.
  SweepWindow window = window_of();
  Simulation simulation({.per_ms = 10, .queue = 1e9}, window);
  simulation.run(milliseconds(3000));
  cr_expect(window.size() < 6000, "%zu", window.size());
}

// A host that drops most probes gives no information about the path.
Test(sweep_window, is_not_shrunk_by_silence) {
  SweepWindow window = window_of();
  Simulation simulation({.answers_one_in = 300}, window);
  simulation.run(milliseconds(3000));
  cr_expect(window.size() >= 512, "%zu", window.size());
  cr_expect(window.loss() == 0);
}

Test(sweep_window, is_not_grown_by_silence) {
  SweepWindow window = window_of();
  Simulation simulation({.answers_one_in = 4'000'000}, window);
  simulation.run(milliseconds(3000));
  cr_expect(window.size() == 512, "%zu", window.size());
}

Test(sweep_window, never_becomes_zero) {
  SweepWindow window = window_of(64);
  TimePoint now = kStart;
  for (int i = 0; i < 100'000; ++i) {
    window.launched(now);
    now += milliseconds(1);
    window.answered(now - milliseconds(40), now, true);
    for (int lost = 0; lost < 20; ++lost) window.lost(now - milliseconds(150), now);
    cr_assert(window.size() >= 1);
  }
}

// Karn's algorithm: an answer that may be to a retransmission of the kernel gives no round-trip
// time.
Test(sweep_window, ignores_the_time_of_an_answer_that_may_be_to_a_retransmission) {
  SweepWindow window = window_of();
  for (int i = 0; i < 20; ++i) window.answered(kStart, kStart + milliseconds(40), true);
  const microseconds before = window.rtt().timeout();
  window.answered(kStart, kStart + milliseconds(1040), false);
  cr_expect(window.rtt().timeout() == before);
}
