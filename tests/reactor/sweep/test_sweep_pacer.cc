// The rate, with times that the test passes.
#include <chrono>

#include <criterion/criterion.h>

#include "reactor/sweep/sweep_pacer.h"

using sluice::SweepPacer;
using sluice::TimePoint;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr TimePoint kStart{std::chrono::hours(5)};

// Takes all events that it may for one second, and asks at this interval.
unsigned taken_in_a_second(SweepPacer& pacer, milliseconds asked_every) {
  unsigned taken = 0;
  for (TimePoint now = kStart; now < kStart + seconds(1); now += asked_every) {
    while (pacer.ready(now) && taken < 10'000'000) {
      pacer.take(now);
      ++taken;
    }
  }
  return taken;
}

}  // namespace

Test(sweep_pacer, without_a_rate_is_always_ready) {
  SweepPacer pacer(0);
  for (int i = 0; i < 1000; ++i) {
    cr_assert(pacer.ready(kStart));
    pacer.take(kStart);
  }
}

Test(sweep_pacer, keeps_its_rate_however_often_it_is_called) {
  for (const double rate : {1.0, 10.0, 333.0, 5000.0, 250'000.0}) {
    for (const milliseconds every : {milliseconds(1), milliseconds(3)}) {
      SweepPacer pacer(rate);
      const unsigned taken = taken_in_a_second(pacer, every);
      // The events that the slack allows, and one more.
      const double most = rate * 1.0041 + 1;
      cr_expect(taken <= most, "%f a second: %u", rate, taken);
      cr_expect(taken >= rate * 0.99, "%f a second: %u", rate, taken);
    }
  }
}

Test(sweep_pacer, does_not_save_unused_time) {
  SweepPacer pacer(1000);
  pacer.take(kStart);
  const TimePoint late = kStart + seconds(100);
  unsigned at_once = 0;
  while (pacer.ready(late)) {
    pacer.take(late);
    ++at_once;
  }
  cr_expect(at_once >= 1 && at_once <= 5, "%u", at_once);
}

Test(sweep_pacer, computes_when_it_is_ready_again) {
  SweepPacer pacer(100);
  while (pacer.ready(kStart)) pacer.take(kStart);
  cr_expect(pacer.next() > kStart);
  cr_expect(pacer.next() <= kStart + milliseconds(10));
  cr_expect(!pacer.ready(pacer.next() - std::chrono::nanoseconds(1)));
  cr_expect(pacer.ready(pacer.next()));
}

Test(sweep_pacer, accepts_a_rate_that_is_impossibly_high) {
  SweepPacer fast(1e300);
  fast.take(kStart);
  cr_expect(fast.ready(kStart + milliseconds(1)));
  SweepPacer slow(1e-300);
  slow.take(kStart);
  cr_expect(!slow.ready(kStart + std::chrono::minutes(59)));
}

Test(sweep_pacer, answers_raise_a_rate_that_adapts_up_to_its_maximum) {
  SweepPacer pacer(5000, 20'000);
  cr_expect(pacer.rate() == 5000);
  for (int i = 0; i < 625; ++i) pacer.answered(0.01, kStart);
  cr_expect(pacer.rate() == 10'000);
  for (int i = 0; i < 10'000; ++i) pacer.answered(0, kStart);
  cr_expect(pacer.rate() == 20'000);
  cr_expect(taken_in_a_second(pacer, milliseconds(1)) > 19'000, "and it holds");
}

Test(sweep_pacer, begins_with_a_rate_that_is_known_within_its_bounds) {
  SweepPacer pacer(5000, 20'000, 15'000);
  cr_expect(pacer.rate() == 15'000);
  cr_expect(taken_in_a_second(pacer, milliseconds(1)) > 14'800);
  cr_expect(SweepPacer(5000, 20'000, 1).rate() == 5000);
  cr_expect(SweepPacer(5000, 20'000, 1e9).rate() == 20'000);
  cr_expect(SweepPacer(5000, 0, 15'000).rate() == 5000);
  cr_expect(SweepPacer(0, 20'000, 15'000).rate() == 0);
  for (int i = 0; i < 2; ++i) pacer.answered(0.06, kStart + i * seconds(1));
  cr_expect(pacer.rate() == 5000, "losses still lower it");
}

Test(sweep_pacer, losses_halve_it_once_in_a_while_down_to_its_minimum) {
  SweepPacer pacer(5000, 20'000);
  for (int i = 0; i < 10'000; ++i) pacer.answered(0, kStart);
  pacer.answered(0.06, kStart);
  pacer.answered(0.06, kStart + milliseconds(249));
  cr_expect(pacer.rate() == 10'000);
  pacer.answered(0.06, kStart + milliseconds(250));
  cr_expect(pacer.rate() == 5000);
  pacer.answered(0.9, kStart + seconds(1));
  cr_expect(pacer.rate() == 5000);
}

Test(sweep_pacer, a_rate_without_a_maximum_stays) {
  for (SweepPacer pacer : {SweepPacer(5000), SweepPacer(5000, 5000), SweepPacer(0, 9)}) {
    const double rate = pacer.rate();
    pacer.answered(0, kStart);
    pacer.answered(0.5, kStart);
    cr_expect(pacer.rate() == rate);
  }
}
