// How often the peers of one source may say something, however many connections they have.
#include <chrono>
#include <memory>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/chat/chat_allowance.h"
#include "support/addresses.h"

using namespace sluice;        // NOLINT(google-build-using-namespace)
using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const TimePoint kStart = TimePoint() + std::chrono::hours(1);

// Ten a second, five at once.
struct World {
  World() { rates.set(TokenRate::of(10, seconds(1), 5), 64); }
  ChatRates rates;

  // How many lines a connection of `source` may say at `now`, one after the other.
  int say(ChatAllowance& allowance, TimePoint now, int tries = 100) const {
    int said = 0;
    for (; said < tries && allowance.ask(now) <= now; ++said) allowance.spend(now);
    return said;
  }
};

}  // namespace

Test(chat_allowance, is_the_same_for_a_connection_that_comes_again) {
  World world;
  int said = 0;
  for (int i = 0; i < 100; ++i) {
    ChatAllowance allowance(world.rates, ip("192.0.2.1"));
    said += world.say(allowance, kStart);
  }
  cr_expect(said == 5, "%d", said);
  ChatAllowance neighbour(world.rates, ip("192.0.2.2"));
  cr_expect(world.say(neighbour, kStart) == 5);
}

Test(chat_allowance, is_the_same_for_all_addresses_of_one_ipv6_network) {
  World world;
  int said = 0;
  for (int i = 1; i <= 50; ++i) {
    ChatAllowance allowance(world.rates, ip("2001:db8::" + std::to_string(i)));
    said += world.say(allowance, kStart);
  }
  cr_expect(said == 5, "%d", said);
}

Test(chat_allowance, without_an_address_is_of_the_connection) {
  World world;
  for (int i = 0; i < 3; ++i) {
    ChatAllowance allowance(world.rates, Address());
    cr_expect(world.say(allowance, kStart) == 5);
  }
}

Test(chat_allowance, without_a_rate_allows_everything) {
  World world;
  world.rates.set({}, 64);
  ChatAllowance allowance(world.rates, ip("192.0.2.1"));
  allowance.charge(kStart);
  cr_expect(world.say(allowance, kStart) == 100);
  world.rates.set(TokenRate::of(1, seconds(1), 1), 64);
  cr_expect(world.say(allowance, kStart) == 1, "another rate applies at once");
  cr_expect(allowance.ask(kStart) == kStart + seconds(1));
  world.rates.set({}, 64);
  cr_expect(allowance.ask(kStart) == kStart);
}

Test(chat_allowance, serves_the_waiting_connections_of_a_source_in_turn) {
  World world;
  std::vector<std::unique_ptr<ChatAllowance>> all;
  for (int i = 0; i < 8; ++i) {
    all.push_back(std::make_unique<ChatAllowance>(world.rates, ip("192.0.2.1")));
  }
  cr_expect(world.say(*all[0], kStart, 5) == 5);
  for (int i = 0; i < 8; ++i) {
    const TimePoint due = kStart + milliseconds(100 * (i + 1));
    cr_expect(all[i]->ask(kStart) == due);
    cr_expect(all[i]->ask(kStart) == due, "it is asked again, and keeps its turn");
  }
  cr_expect(all[0]->ask(kStart + milliseconds(100)) <= kStart + milliseconds(100));
  all[0]->spend(kStart + milliseconds(100));
  cr_expect(all[0]->ask(kStart + milliseconds(100)) == kStart + milliseconds(900));
}

Test(chat_allowance, gives_back_the_turn_of_a_connection_that_goes) {
  World world;
  ChatAllowance stays(world.rates, ip("192.0.2.1"));
  cr_expect(world.say(stays, kStart, 5) == 5);
  for (int i = 0; i < 1000; ++i) {
    ChatAllowance goes(world.rates, ip("192.0.2.1"));
    cr_expect(goes.ask(kStart) == kStart + milliseconds(100));
  }
  cr_expect(stays.ask(kStart) == kStart + milliseconds(100));
}

Test(chat_allowance, owes_at_most_one_burst_for_what_could_not_wait) {
  World world;
  ChatAllowance allowance(world.rates, ip("192.0.2.1"));
  for (int i = 0; i < 1000; ++i) allowance.charge(kStart);
  const TimePoint due = allowance.ask(kStart);
  cr_expect(due > kStart + milliseconds(400));
  cr_expect(due <= kStart + milliseconds(700));
}

Test(chat_allowance, allows_everything_once_the_rates_are_gone) {
  auto world = std::make_unique<World>();
  ChatAllowance allowance(world->rates, ip("192.0.2.1"));
  cr_expect(world->say(allowance, kStart) == 5);
  allowance.detach();
  world.reset();
  cr_expect(allowance.ask(kStart) == kStart);
}
