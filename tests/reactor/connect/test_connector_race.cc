// Several addresses: their order, their head starts, and what happens to those that lose.
#include <chrono>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/connects.h"
#include "support/descriptors.h"
#include "support/slowness.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TestSuite(connector_race, .timeout = 30);

namespace {

const Address kV4 = Address::loopback(AF_INET, 0);
const Address kV6 = Address::loopback(AF_INET6, 0);

LoopOptions virtual_options() {
  LoopOptions options = backend_options();
  options.virtual_time = true;
  return options;
}

// A race on virtual time: nothing happens unless the test causes it.
struct Race {
  Loop loop{virtual_options()};
  Connector connector;
  Outcome outcome;
  Race(std::vector<Address> addresses, const ConnectorOptions& options) : connector(loop, options) {
    outcome.start(connector, std::move(addresses));
    loop.advance(0ms);
  }
  explicit Race(std::vector<Address> addresses) : Race(std::move(addresses), {}) {}
};

}  // namespace

Test(connector_race, ipv6_comes_first) {
  const Listening v4(kV4);
  const Listening v6(kV6);
  Loop loop(backend_options());
  cr_expect(outcome_of(loop, {v4.address(), v6.address()}).peer() == v6.address());
  cr_expect(!v4.accept(), "it was not to be tried");
}

Test(connector_race, the_order_of_the_caller_can_be_kept) {
  const Listening v4(kV4);
  const Listening v6(kV6);
  Loop loop(backend_options());
  ConnectorOptions options;
  options.order = ConnectOrder::as_given;
  cr_expect(outcome_of(loop, {v4.address(), v6.address()}, options).peer() == v4.address());
}

Test(connector_race, an_attempt_has_a_head_start_of_250_ms) {
  const BlackHole v6(kV6);
  const Listening v4(kV4);
  Race race({v4.address(), v6.address()});
  race.loop.advance(249ms);
  cr_expect(!v4.accept(), "too early");
  race.loop.advance(1ms);
  cr_expect(static_cast<bool>(v4.accept_soon()), "too late");
  turn_until(race.loop, [&] { return race.outcome.calls > 0; });
  cr_expect(race.outcome.peer() == v4.address());
}

Test(connector_race, the_head_start_is_an_option_of_at_least_10_ms) {
  for (const auto delay : {0ms, 10ms, 40ms}) {
    const BlackHole v6(kV6);
    const Listening v4(kV4);
    ConnectorOptions options;
    options.attempt_delay = delay;
    Race race({v6.address(), v4.address()}, options);
    race.loop.advance(std::max(delay, 10ms) - 1ms);
    cr_expect(!v4.accept());
    race.loop.advance(1ms);
    cr_expect(static_cast<bool>(v4.accept_soon()));
  }
}

Test(connector_race, the_next_attempt_begins_at_once_when_the_last_one_fails) {
  const Refusing v6(kV6);
  const Listening v4(kV4);
  Race race({v6.address(), v4.address()});
  turn_until(race.loop, [&] {
    race.loop.advance(0ms);
    return race.outcome.calls > 0;
  });
  cr_expect(race.outcome.peer() == v4.address());
}

Test(connector_race, the_failure_of_an_earlier_attempt_does_not_shorten_the_head_start) {
  const BlackHole first(kV4);
  const BlackHole second(kV4);
  const Listening third(kV4);
  ConnectorOptions options;
  options.address_timeout = 300ms;
  Race race({first.address(), second.address(), third.address()}, options);
  race.loop.advance(499ms);  // the first has failed at 300 ms, the second began at 250 ms
  cr_expect(!third.accept());
  race.loop.advance(1ms);
  cr_expect(static_cast<bool>(third.accept_soon()));
}

Test(connector_race, a_timeout_of_the_last_attempt_begins_the_next) {
  const BlackHole first(kV4);
  const Listening second(kV4);
  ConnectorOptions options;
  options.address_timeout = 100ms;
  Race race({first.address(), second.address()}, options);
  race.loop.advance(99ms);
  cr_expect(!second.accept());
  race.loop.advance(1ms);
  race.loop.advance(0ms);
  cr_expect(static_cast<bool>(second.accept_soon()));
}

Test(connector_race, a_slow_first_attempt_may_still_win) {
  BlackHole slow(kV6);
  const BlackHole silent(kV4);
  Loop loop(backend_options());
  Connector connector(loop);
  Outcome outcome;
  outcome.start(connector, {slow.address(), silent.address()});
  turn_a_while(loop, 300);  // both are in progress
  slow.open();
  turn_until(loop, [&] { return outcome.calls > 0; });
  cr_expect(outcome.peer() == slow.address());
}

Test(connector_race, the_losing_attempts_are_closed) {
  BlackHole one(kV4);
  BlackHole two(kV4);
  Loop loop(backend_options());
  ConnectorOptions options;
  options.attempt_delay = 10ms;
  Connector connector(loop, options);
  Outcome outcome;
  const std::size_t before = open_descriptors();
  outcome.start(connector, {one.address(), two.address()});
  turn_until(
      loop, [&] { return open_descriptors() == before + 2; }, "the second attempt");
  one.open();
  two.open();
  // The kernel retransmits both after a second or three, and both are answered before the loop
  // looks.
  const Fd ends[] = {one.accept_soon(), two.accept_soon()};
  turn_until(loop, [&] { return outcome.calls > 0; });
  const bool first_won = outcome.peer() == one.address();
  cr_expect(is_closed_by_peer(first_won ? ends[1] : ends[0]));
  turn_a_while(loop);
  cr_expect(outcome.calls == 1);
}

Test(connector_race, all_failures_are_reported_in_the_order_of_the_attempts) {
  const BlackHole silent(kV4);
  const Refusing v4(kV4);
  const Refusing v6(kV6);
  ConnectorOptions options;
  options.address_timeout = 40ms;
  const bool in_order = succeeds_once([&] {
    Loop loop(backend_options());
    const Outcome outcome =
        outcome_of(loop, {silent.address(), v4.address(), v6.address()}, options);
    cr_assert(outcome.error.has_value());
    cr_expect(outcome.error->failures[0].address == v6.address());
    cr_expect(outcome.error->failures[1].address == silent.address());
    cr_expect(outcome.error->failures[2].address == v4.address());
    return outcome.error_of(0) == ECONNREFUSED && outcome.error_of(1) == ETIMEDOUT &&
           outcome.error_of(2) == ECONNREFUSED;
  });
  cr_expect(in_order);
}

Test(connector_race, very_many_addresses_are_tried_in_order) {
  const Refusing refusing;
  const Listening last;
  std::vector<Address> addresses(2000, refusing.address());
  addresses.push_back(last.address());
  Loop loop(backend_options());
  Connector connector(loop);
  Outcome outcome;
  outcome.start(connector, std::move(addresses));
  const std::size_t before = open_descriptors();
  std::size_t most = 0;
  while (outcome.calls == 0) {
    loop.run_once();
    most = std::max(most, open_descriptors());
  }
  cr_expect(outcome.peer() == last.address());
  cr_expect(most <= before + 1, "%zu at once", most - before);
}
