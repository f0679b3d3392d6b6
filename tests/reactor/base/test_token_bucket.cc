// A burst, and after it a rate.
#include <chrono>

#include <criterion/criterion.h>

#include <sluice/token_bucket.h>

using sluice::TimePoint;
using sluice::TokenBucket;
using sluice::TokenRate;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

const TimePoint kStart = TimePoint() + hours(1);

int takes(TokenBucket& bucket, const TokenRate& rate, TimePoint now, int tries = 1000) {
  int taken = 0;
  for (int i = 0; i < tries; ++i) taken += bucket.take(rate, now) ? 1 : 0;
  return taken;
}

}  // namespace

Test(token_bucket, is_full_at_first) {
  const TokenRate rate = TokenRate::of(5, seconds(10), 8);
  TokenBucket bucket;
  cr_expect(bucket.full_at() < kStart);
  cr_expect(takes(bucket, rate, kStart) == 8);
}

Test(token_bucket, regains_its_tokens_evenly) {
  const TokenRate rate = TokenRate::of(5, seconds(10), 8);
  TokenBucket bucket;
  cr_expect(takes(bucket, rate, kStart) == 8);
  cr_expect(takes(bucket, rate, kStart + milliseconds(1999)) == 0);
  cr_expect(takes(bucket, rate, kStart + milliseconds(2000)) == 1);
  cr_expect(takes(bucket, rate, kStart + milliseconds(6100)) == 2);
  cr_expect(takes(bucket, rate, kStart + seconds(8)) == 1);
}

Test(token_bucket, saves_no_more_than_its_burst) {
  const TokenRate rate = TokenRate::of(5, seconds(1), 3);
  TokenBucket bucket;
  cr_expect(takes(bucket, rate, kStart) == 3);
  cr_expect(takes(bucket, rate, kStart + hours(1000)) == 3);
}

Test(token_bucket, has_a_token_without_taking_it) {
  const TokenRate rate = TokenRate::of(1, seconds(1), 1);
  TokenBucket bucket;
  cr_expect(bucket.has(rate, kStart));
  cr_expect(bucket.has(rate, kStart));
  cr_expect(bucket.take(rate, kStart));
  cr_expect(!bucket.has(rate, kStart));
  cr_expect(bucket.has(rate, kStart + seconds(1)));
}

Test(token_bucket, gains_nothing_when_the_time_goes_back) {
  const TokenRate rate = TokenRate::of(1, seconds(1), 2);
  TokenBucket bucket;
  cr_expect(takes(bucket, rate, kStart) == 2);
  cr_expect(takes(bucket, rate, kStart - seconds(50)) == 0);
  cr_expect(takes(bucket, rate, kStart + seconds(1)) == 1);
}

Test(token_bucket, keeps_the_rate_over_a_long_time) {
  const TokenRate rate = TokenRate::of(7, seconds(1), 7);
  TokenBucket bucket;
  int taken = 0;
  for (int ms = 0; ms < 100'000; ++ms) {
    if (bucket.take(rate, kStart + milliseconds(ms))) ++taken;
  }
  cr_expect(taken >= 700 && taken <= 707, "%d", taken);
}

Test(token_bucket, computes_when_it_is_full_again) {
  const TokenRate rate = TokenRate::of(2, seconds(1), 4);
  TokenBucket bucket;
  bucket.take(rate, kStart);
  cr_expect(bucket.full_at() == kStart + milliseconds(500));
}

Test(token_bucket, computes_when_the_next_token_is_available) {
  const TokenRate rate = TokenRate::of(2, seconds(1), 2);
  TokenBucket bucket;
  cr_expect(bucket.next(rate) <= kStart);
  bucket.take(rate, kStart);
  cr_expect(bucket.next(rate) <= kStart);
  bucket.take(rate, kStart);
  cr_expect(bucket.next(rate) == kStart + milliseconds(500));
}

Test(token_bucket, reduces_a_burst_that_would_never_fill_and_keeps_the_rate) {
  const TokenRate rate = TokenRate::of(1, hours(24), 1'000'000);
  cr_expect(rate.interval == hours(24));
  cr_expect(rate.burst == 36'500, "%u", rate.burst);
  const TokenRate slowest = TokenRate::of(1, TokenRate::kMaxPeriod, 4'000'000'000);
  cr_expect(slowest.interval == TokenRate::kMaxPeriod && slowest.burst == 100);
}

Test(token_bucket, limits_values_to_their_range) {
  const TokenRate least = TokenRate::of(0, nanoseconds(0), 0);
  cr_expect(least.interval == nanoseconds(1) && least.burst == 1);
  const TokenRate negative = TokenRate::of(1, nanoseconds::min(), 5);
  cr_expect(negative.interval == nanoseconds(1) && negative.burst == 5);
  const TokenRate most = TokenRate::of(1, nanoseconds::max(), 5);
  cr_expect(most.interval == TokenRate::kMaxPeriod && most.burst == 5);
}

Test(token_bucket, handles_extreme_rates_and_times) {
  const TokenRate fast = TokenRate::of(4'000'000'000, nanoseconds(1), 4'000'000'000);
  const TokenRate slow = TokenRate::of(1, TokenRate::kMaxPeriod, 4'000'000'000);
  TokenBucket one;
  TokenBucket other;
  cr_expect(takes(one, fast, kStart) == 1000);
  cr_expect(takes(other, slow, kStart) == 100);
  cr_expect(other.full_at() > kStart);
}

Test(token_bucket, reserves_tokens_in_turn) {
  const TokenRate rate = TokenRate::of(1, seconds(1), 2);
  TokenBucket bucket;
  cr_expect(bucket.reserve(rate, kStart) == kStart);
  cr_expect(bucket.reserve(rate, kStart) == kStart);
  cr_expect(bucket.reserve(rate, kStart) == kStart + seconds(1));
  cr_expect(bucket.reserve(rate, kStart) == kStart + seconds(2));
  cr_expect(!bucket.has(rate, kStart + seconds(2)), "it is promised to another one");
  cr_expect(bucket.take(rate, kStart + seconds(3)));
}

Test(token_bucket, takes_back_a_token_that_was_reserved) {
  const TokenRate rate = TokenRate::of(1, seconds(1), 1);
  TokenBucket bucket;
  cr_expect(bucket.take(rate, kStart));
  cr_expect(bucket.reserve(rate, kStart) == kStart + seconds(1));
  bucket.give_back(rate);
  cr_expect(bucket.reserve(rate, kStart) == kStart + seconds(1));
  TokenBucket full;
  full.give_back(rate);
  cr_expect(takes(full, rate, kStart) == 1);
}
