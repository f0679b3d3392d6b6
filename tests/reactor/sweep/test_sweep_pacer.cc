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
