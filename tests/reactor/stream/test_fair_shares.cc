// What is promised to each listener of a loop's connections: the arithmetic alone.
#include <cstddef>

#include <criterion/criterion.h>

#include "reactor/stream/fair_shares.h"

using sluice::FairShares;

namespace {

constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

struct Two {
  std::size_t busy_open = 0;
  std::size_t quiet_open = 0;
  FairShares::Member busy{busy_open, kNoLimit};
  FairShares::Member quiet{quiet_open, kNoLimit};
  FairShares shares;
  Two() {
    shares.add(busy);
    shares.add(quiet);
  }
};

}  // namespace

Test(fair_shares, a_single_listener_has_all) {
  const std::size_t open = 0;
  const FairShares::Member only{open, kNoLimit};
  FairShares shares;
  shares.add(only);
  cr_expect(shares.promised_to_others(only, 100) == 0);
}

Test(fair_shares, half_is_divided_equally) {
  const Two two;
  cr_expect(two.shares.share(100) == 25);
  cr_expect(two.shares.promised_to_others(two.busy, 100) == 25);
}

Test(fair_shares, what_is_promised_shrinks_as_it_is_used) {
  Two two;
  two.quiet_open = 10;
  cr_expect(two.shares.promised_to_others(two.busy, 100) == 15);
  two.quiet_open = 25;
  cr_expect(two.shares.promised_to_others(two.busy, 100) == 0);
  two.quiet_open = 60;
  cr_expect(two.shares.promised_to_others(two.busy, 100) == 0, "and not below zero");
}

Test(fair_shares, nobody_is_promised_more_than_its_own_limit) {
  std::size_t none = 0;
  const FairShares::Member small{none, 3};
  Two two;
  two.shares.add(small);
  cr_expect(two.shares.share(120) == 20);
  cr_expect(two.shares.promised_to_others(two.busy, 120) == 20 + 3);
}

Test(fair_shares, who_has_left_is_promised_nothing) {
  Two two;
  two.shares.remove(two.quiet);
  cr_expect(two.shares.promised_to_others(two.busy, 100) == 0);
}

Test(fair_shares, of_a_limit_that_is_too_small_to_divide_nothing_is_promised) {
  const Two two;
  cr_expect(two.shares.promised_to_others(two.busy, 2) == 0);
}
