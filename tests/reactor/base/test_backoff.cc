// Back-off: how the waits grow, their limits, and their distribution.
#include <algorithm>
#include <chrono>
#include <vector>

#include <criterion/criterion.h>

#include <sluice/backoff.h>

using sluice::Backoff;
using sluice::BackoffOptions;
using sluice::Jitter;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

namespace {

Backoff backoff(Jitter jitter, std::uint64_t seed = 1, milliseconds first = 100ms,
                milliseconds cap = 1500ms) {
  return Backoff({.first = first, .cap = cap, .jitter = jitter, .seed = seed});
}

std::vector<milliseconds> waits(Backoff from, int count) {
  std::vector<milliseconds> all;
  for (int i = 0; i < count; ++i) all.push_back(from.next());
  return all;
}

}  // namespace

Test(backoff, doubles_up_to_the_cap_without_jitter) {
  cr_expect(waits(backoff(Jitter::none), 7) ==
            std::vector<milliseconds>({100ms, 200ms, 400ms, 800ms, 1500ms, 1500ms, 1500ms}));
}

Test(backoff, reset_starts_again) {
  for (const Jitter jitter : {Jitter::none, Jitter::full, Jitter::decorrelated}) {
    Backoff again = backoff(jitter);
    for (int i = 0; i < 5; ++i) (void)again.next();
    cr_expect(again.tries() == 5);
    again.reset();
    cr_expect(again.tries() == 0);
    cr_expect(again.next() <= (jitter == Jitter::decorrelated ? 300ms : 100ms));
  }
}

Test(backoff, full_jitter_is_between_zero_and_the_exponential_wait) {
  const milliseconds highest[] = {100ms, 200ms, 400ms, 800ms, 1500ms, 1500ms};
  for (std::size_t i = 0; i < std::size(highest); ++i) {
    milliseconds least = 1h;
    milliseconds most{0};
    milliseconds sum{0};
    constexpr int kSeeds = 2000;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const milliseconds wait = waits(backoff(Jitter::full, seed), static_cast<int>(i) + 1)[i];
      least = std::min(least, wait);
      most = std::max(most, wait);
      sum += wait;
    }
    cr_expect(least >= 0ms && least <= highest[i] / 50);
    cr_expect(most <= highest[i] && most >= highest[i] * 49 / 50);
    const milliseconds mean = sum / kSeeds;
    cr_expect(mean > highest[i] * 47 / 100 && mean < highest[i] * 53 / 100, "%ld of %ld",
              static_cast<long>(mean.count()), static_cast<long>(highest[i].count()));
  }
}

Test(backoff, decorrelated_jitter_is_at_most_three_times_the_last_wait_and_never_below_the_first) {
  bool reached_cap = false;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    milliseconds last = 100ms;
    for (const milliseconds wait : waits(backoff(Jitter::decorrelated, seed), 20)) {
      cr_expect(wait >= 100ms && wait <= std::min(1500ms, last * 3));
      reached_cap = reached_cap || wait > 1400ms;
      last = wait;
    }
  }
  cr_expect(reached_cap);
}

Test(backoff, a_seed_gives_the_same_waits_on_every_machine) {
  cr_expect(waits(backoff(Jitter::full, 7), 50) == waits(backoff(Jitter::full, 7), 50));
  cr_expect(waits(backoff(Jitter::full, 7), 50) != waits(backoff(Jitter::full, 8), 50));
  // SplitMix64 from 0 begins with 0xe220a8397b1dcdaf.
  cr_expect(0xe220a8397b1dcdafU % 101 ==
            static_cast<std::uint64_t>(backoff(Jitter::full, 0).next().count()));
}

Test(backoff, without_a_seed_two_objects_differ) {
  cr_expect(waits(Backoff(), 50) != waits(Backoff(), 50));
}

Test(backoff, never_overflows) {
  const auto all = waits(backoff(Jitter::none, 1, milliseconds::max() / 3, milliseconds::max()), 5);
  cr_expect(all[0] == milliseconds::max() / 3);
  cr_expect(all[2] == milliseconds::max());
  cr_expect(all[4] == milliseconds::max());
  for (const Jitter jitter : {Jitter::full, Jitter::decorrelated}) {
    for (const milliseconds wait : waits(backoff(jitter, 1, 1ms, milliseconds::max()), 200)) {
      cr_expect(wait >= 0ms);
    }
  }
}

Test(backoff, a_cap_equal_to_the_first_wait_is_kept) {
  for (const milliseconds wait : waits(backoff(Jitter::decorrelated, 1, 100ms, 100ms), 9)) {
    cr_expect(wait == 100ms);
  }
}
