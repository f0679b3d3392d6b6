// How often something took how long: counts in ranges of time, and the sum.
//
// What it is: plain numbers, as Counters has them. add() costs a comparison for a short time.
// Units: microseconds.
#ifndef SLUICE_REACTOR_LOOP_TIME_HISTOGRAM_H
#define SLUICE_REACTOR_LOOP_TIME_HISTOGRAM_H

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "../base/counting.h"

namespace sluice {

struct TimeHistogram {
  // The upper ends of the ranges. A time that is equal to one belongs to it.
  static constexpr std::array<std::uint64_t, 10> kBounds = {
      1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000};

  std::array<std::uint64_t, kBounds.size() + 1> counts{};  // the last one: above all bounds
  std::uint64_t sum = 0;

  // Counts once. The sum grows as if it had happened `stands_for` times.
  void add(std::chrono::nanoseconds time, std::uint64_t stands_for = 1) noexcept {
    const auto took = static_cast<std::uint64_t>(time.count() > 0 ? time.count() / 1000 : 0);
    detail::count_up(sum, took * stands_for);
    std::size_t range = 0;
    while (range < kBounds.size() && took > kBounds[range]) ++range;
    detail::count_up(counts[range]);
  }
};

}  // namespace sluice

#endif
