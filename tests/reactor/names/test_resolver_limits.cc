// How many lookups a resolver works on at a time, and which options it rejects.
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/dns_world.h"
#include "support/heap.h"

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using sluice::Address;
using sluice::Clock;
using sluice::LookupId;
using sluice::Loop;
using sluice::Resolver;
using sluice::ResolverOptions;

TestSuite(resolver_limits, .timeout = 50);

namespace {

// As many lookups as are asked at a time, none of which is answered.
std::vector<LookupId> ask_what_is_not_answered(DnsWorld& world, Found& lost) {
  world.server.treat("silent.test", Manner::silent);
  std::vector<LookupId> ids;
  for (std::size_t i = 0; i < Resolver::kMaxAsked; ++i) {
    ids.push_back(world.resolver->addresses("silent.test", 80, AF_INET, DnsWorld::into(lost)));
  }
  return ids;
}

}  // namespace

Test(resolver_limits, each_of_a_thousand_concurrent_lookups_gets_its_own_answer) {
  DnsWorld world(patient());
  constexpr int kCount = 1000;
  std::vector<Found> found(kCount);
  for (int i = 0; i < kCount; ++i) {
    const std::string name = "h" + std::to_string(i) + ".test";
    const std::string low = std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
    world.server.a(name, "127.1." + low);
    world.server.aaaa(name, "::127.1." + low);
    world.resolver->addresses(name, 80, AF_UNSPEC,
                              DnsWorld::into(found[static_cast<std::size_t>(i)]));
  }
  cr_expect(world.resolver->pending() == kCount);
  turn_until(world.loop, [&world] { return world.resolver->pending() == 0; });
  for (int i = 0; i < kCount; ++i) {
    Found& one = found[static_cast<std::size_t>(i)];
    const std::string low = std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
    cr_expect(one.answers == 1);
    cr_expect(one.words.size() == 2);
    std::sort(one.words.begin(), one.words.end());
    cr_expect(!one.words.empty() && one.words.front() == "127.1." + low + ":80", "%d", i);
  }
  cr_expect(world.server.questions() == 2 * kCount, "none was lost and asked again: %zu",
            world.server.questions());
}

Test(resolver_limits, a_limited_number_is_asked_at_a_time) {
  DnsWorld world(patient());
  Found lost;
  std::vector<LookupId> ids;
  for (std::size_t i = 0; i < 3 * Resolver::kMaxAsked; ++i) {
    const std::string name = "h" + std::to_string(i) + ".test";
    world.server.treat(name, Manner::silent);
    ids.push_back(world.resolver->addresses(name, 80, AF_INET, DnsWorld::into(lost)));
  }
  for (std::size_t asked = Resolver::kMaxAsked; asked <= ids.size(); asked += Resolver::kMaxAsked) {
    turn_until(world.loop, [&] { return world.server.questions() >= asked; });
    turn_for(world.loop, 20ms);
    cr_expect(world.server.questions() == asked, "%zu", world.server.questions());
    for (std::size_t i = asked - Resolver::kMaxAsked; i < asked; ++i) {
      world.resolver->cancel(ids[i]);
    }
  }
  cr_expect(world.resolver->pending() == 0);
}

Test(resolver_limits, new_lookups_proceed_while_cancelled_ones_are_not_answered) {
  DnsWorld world(patient());
  world.server.a("x.test", "127.0.0.1");
  Found lost;
  const std::vector<LookupId> ids = ask_what_is_not_answered(world, lost);
  Found waits;
  world.resolver->addresses("silent.test", 80, AF_INET, DnsWorld::into(waits));
  world.loop.poll();
  for (const LookupId id : ids) world.resolver->cancel(id);
  expect_words(world.addresses("x.test", AF_INET), {"127.0.0.1:80"});
  cr_expect(lost.answers == 0);
}

Test(resolver_limits, a_waiting_lookup_is_asked_when_another_one_is_cancelled) {
  for (const std::size_t cancelled : {Resolver::kMaxAsked, std::size_t{1}}) {
    DnsWorld world(patient());
    world.server.a("x.test", "127.0.0.1");
    Found lost;
    const std::vector<LookupId> ids = ask_what_is_not_answered(world, lost);
    Found waits;
    world.resolver->addresses("x.test", 80, AF_INET, DnsWorld::into(waits));
    world.loop.poll();
    for (std::size_t i = 0; i < cancelled; ++i) world.resolver->cancel(ids[i]);
    turn_until(world.loop, [&] { return waits.answers > 0; });
    cr_expect(waits.answers == 1 && !waits.error, "%zu cancelled", cancelled);
    cr_expect(lost.answers == 0);
  }
}

Test(resolver_limits, options_out_of_range_are_rejected) {
  Loop loop{backend_options()};
  ResolverOptions options;
  options.tries = 0;
  cr_expect_throw(Resolver(loop, options), std::invalid_argument);
  options = {};
  options.try_timeout = 0ms;
  cr_expect_throw(Resolver(loop, options), std::invalid_argument);
  options = {};
  options.deadline = -1ms;
  cr_expect_throw(Resolver(loop, options), std::invalid_argument);
  for (const Address& wrong : {Address(), *Address::from_ip("127.0.0.1", 0),
                               *Address::from_ip("fe80::1%1", 53), *Address::from_path("/x")}) {
    options = {};
    options.servers = {wrong};
    cr_expect_throw(Resolver(loop, options), std::invalid_argument);
  }
}

Test(resolver_limits, without_memory_a_lookup_throws_and_changes_nothing) {
  DnsWorld world;
  world.server.a("x.test", "127.0.0.1");
  Found found;
  for (std::size_t successes = 0; successes < 100; ++successes) {
    found = {};
    bool asked = false;
    {
      const heap::Shortage shortage(successes);
      try {
        world.resolver->addresses("x.test", 80, AF_INET, DnsWorld::into(found));
        asked = true;
      } catch (const std::bad_alloc&) {
        cr_expect(world.resolver->pending() == 0);
      }
    }
    turn_for(world.loop, 1ms);
    turn_until(world.loop, [&world] { return world.resolver->pending() == 0; });
    cr_expect(found.answers == (asked ? 1 : 0));
    if (asked) return expect_words(found, {"127.0.0.1:80"});
  }
  cr_assert(false, "never enough");
}
