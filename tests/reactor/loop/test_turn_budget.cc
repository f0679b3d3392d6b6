// The budget of a turn, and how those who have input share it.
#include <poll.h>

#include <chrono>
#include <cstddef>

#include <criterion/criterion.h>

#include "support/slowness.h"
#include <sluice/detail/turn_budget.h>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMany = 1'000'000;

// How many messages of no time a share allows.
std::size_t allowed(TurnBudget& budget) {
  budget.begin_share();
  std::size_t count = 1;
  while (count < kMany && budget.may_continue()) ++count;
  return count;
}

// How many that take so long.
std::size_t allowed(TurnBudget& budget, int milliseconds) {
  budget.begin_share();
  std::size_t count = 0;
  do {
    ::poll(nullptr, 0, milliseconds);
    ++count;
  } while (count < 100 && budget.may_continue());
  return count;
}

}  // namespace

Test(turn_budget, ends_a_share_after_so_many_messages) {
  for (const std::size_t messages : {1U, 2U, 3U, 64U, 65U, 1000U}) {
    TurnBudget budget(0us, messages, false);
    cr_expect(allowed(budget) == messages, "%zu", messages);
    cr_expect(budget.is_over());
    cr_expect(allowed(budget) == messages, "each share begins anew");
  }
}

Test(turn_budget, knows_no_clock_on_virtual_time) {
  TurnBudget budget(1us, 50, true);
  cr_expect(allowed(budget, 1) == 50);
}

Test(turn_budget, has_no_limit_on_time_when_that_is_0) {
  TurnBudget budget(0us, 50, false);
  cr_expect(allowed(budget, 1) == 50);
}

Test(turn_budget, ends_a_share_that_takes_long) {
  TurnBudget budget(5ms, kMany, false);
  cr_expect(allowed(budget, 20) <= 2);
  cr_expect(budget.is_over());
}

Test(turn_budget, is_never_over_in_an_unlimited_share) {
  TurnBudget budget(1us, 1, false);
  budget.begin_unlimited();
  for (int i = 0; i < 1000; ++i) cr_assert(budget.may_continue() && !budget.is_over());
}

Test(turn_budget, leaves_the_next_ones_of_a_turn_half_of_what_is_left) {
  const bool has_new_budget = succeeds_once([] {
    TurnBudget budget(400ms, kMany, false);
    (void)allowed(budget, 100);  // takes 200 ms, half of all
    const auto before = Clock::now();
    (void)allowed(budget, 1);
    (void)allowed(budget, 1);
    cr_expect(Clock::now() - before >= 2 * TurnBudget::kMinShare);
    budget.end_turn(0ms);
    return allowed(budget, 20) > 2;
  });
  cr_expect(has_new_budget, "in a new turn");
}

Test(turn_budget, is_divided_among_those_that_were_cut_in_the_last_turn) {
  TurnBudget budget(1000ms, kMany, false);
  for (int i = 0; i < 100; ++i) budget.cut();
  budget.end_turn(1ms);
  cr_expect(allowed(budget, 20) <= 2, "its share is 10 ms");
  const bool has_all = succeeds_once([&budget] {
    budget.end_turn(1ms);
    return allowed(budget, 20) > 2;
  });
  cr_expect(has_all, "again when it is alone");
}

Test(turn_budget, shrinks_while_turns_take_longer_and_grows_back) {
  TurnBudget budget(64ms, kMany, false);
  budget.cut();
  budget.end_turn(64s);
  cr_expect(allowed(budget, 10) <= 2, "1 ms is left");
  const bool grew = succeeds_once([&budget] {
    for (int i = 0; i < 30; ++i) budget.end_turn(1ms);
    return allowed(budget, 10) > 2;
  });
  cr_expect(grew);
}

Test(turn_budget, does_not_shrink_for_a_long_turn_in_which_nobody_was_cut) {
  const bool is_as_long = succeeds_once([] {
    TurnBudget budget(64ms, kMany, false);
    budget.end_turn(64s);
    return allowed(budget, 10) > 2;
  });
  cr_expect(is_as_long);
}

Test(turn_budget, is_crowded_after_a_turn_in_which_many_were_cut) {
  TurnBudget budget(5ms, 10, false);
  for (std::size_t i = 0; i + 1 < TurnBudget::kCrowd; ++i) budget.cut();
  budget.end_turn(1ms);
  cr_expect(!budget.is_crowded());
  for (std::size_t i = 0; i < TurnBudget::kCrowd; ++i) budget.cut();
  cr_expect(!budget.is_crowded(), "not in this turn");
  budget.end_turn(1ms);
  cr_expect(budget.is_crowded());
}
