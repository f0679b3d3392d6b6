// TimeHistogram: ranges and the sum.
#include <chrono>
#include <numeric>

#include <criterion/criterion.h>

#include <sluice/time_histogram.h>

using sluice::TimeHistogram;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

Test(time_histogram, counts_a_bound_in_the_range_that_it_ends) {
  for (std::size_t i = 0; i < TimeHistogram::kBounds.size(); ++i) {
    const microseconds bound(TimeHistogram::kBounds[i]);
    TimeHistogram times;
    times.add(bound);
    times.add(bound + nanoseconds(999));
    times.add(bound + microseconds(1));
    cr_expect(times.counts[i] == 2);
    cr_expect(times.counts[i + 1] == 1);
    cr_expect(times.sum == 3 * TimeHistogram::kBounds[i] + 1);
  }
}

Test(time_histogram, counts_everything_once) {
  TimeHistogram times;
  times.add(nanoseconds(0));
  times.add(nanoseconds(-5));
  times.add(hours(1));
  times.add(microseconds(3), 64);
  cr_expect(times.counts.front() == 3);
  cr_expect(times.counts.back() == 1);
  cr_expect(times.sum == 3'600'000'000 + 3 * 64);
  cr_expect(std::accumulate(times.counts.begin(), times.counts.end(), std::uint64_t{0}) == 4);
}
