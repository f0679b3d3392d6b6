// Look-ups that nobody waits for any more, and functions that end what they came from.
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <criterion/criterion.h>
#include <ev.h>

#include "support/dns_world.h"

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using sluice::Address;
using sluice::Clock;
using sluice::LookupId;
using sluice::Loop;
using sluice::Report;
using sluice::Resolver;
using sluice::ResolverError;
using sluice::ResolverOptions;

TestSuite(resolver_life, .timeout = 50);

namespace {

// Sets a flag when it goes: what a function holds.
std::shared_ptr<void> token(bool& gone) {
  return {nullptr, [&gone](void*) { gone = true; }};
}

}  // namespace

Test(resolver_life, what_is_cancelled_is_not_told_and_what_it_holds_is_freed_at_once) {
  DnsWorld world;
  world.server.a("x.test", "127.0.0.1");
  Found cancelled;
  Found kept;
  bool gone = false;
  const LookupId id = world.resolver->addresses(
      "x.test", 80, AF_INET,
      [held = token(gone), tell = DnsWorld::into(cancelled)](
          std::error_code error, std::vector<Address> all) { tell(error, std::move(all)); });
  world.resolver->addresses("x.test", 80, AF_INET, DnsWorld::into(kept));
  world.loop.poll();  // both are asked now
  world.resolver->cancel(id);
  cr_expect(gone);
  cr_expect(world.resolver->pending() == 1);
  world.resolver->cancel(id);
  world.resolver->cancel({});
  turn_until(world.loop, [&kept] { return kept.answers > 0; });
  turn_for(world.loop, 20ms);
  cr_expect(cancelled.answers == 0);
  expect_words(kept, {"127.0.0.1:80"});
}

Test(resolver_life, what_is_cancelled_before_it_is_asked_asks_nothing) {
  DnsWorld world;
  Found found;
  world.resolver->cancel(world.resolver->addresses("x.test", 80, AF_INET, DnsWorld::into(found)));
  world.resolver->cancel(
      world.resolver->addresses("127.0.0.1", 80, AF_INET, DnsWorld::into(found)));
  turn_for(world.loop, 20ms);
  cr_expect(found.answers == 0);
  cr_expect(world.server.questions() == 0);
}

Test(resolver_life, a_look_up_may_be_cancelled_by_the_function_of_another) {
  DnsWorld world;
  std::vector<Found> found(2);
  std::vector<LookupId> ids(2);
  // Both are answered in the same turn; whichever is told first cancels the other.
  for (std::size_t i = 0; i < 2; ++i) {
    ids[i] = world.resolver->addresses("127.0.0.1", 80, AF_INET,
                                       [&, i](std::error_code, const std::vector<Address>&) {
                                         ++found[i].answers;
                                         world.resolver->cancel(ids[0]);
                                         world.resolver->cancel(ids[1]);
                                       });
  }
  turn_for(world.loop, 20ms);
  cr_expect(found[0].answers + found[1].answers == 1);
}

Test(resolver_life, a_function_may_ask_again) {
  DnsWorld world;
  world.server.cname("first.test", "x.test");
  world.server.a("x.test", "127.0.0.1");
  Found found;
  world.resolver->addresses(
      "first.test", 80, AF_INET, [&](std::error_code, const std::vector<Address>&) {
        world.resolver->addresses("x.test", 81, AF_INET, DnsWorld::into(found));
        cr_expect(found.answers == 0);
      });
  turn_until(world.loop, [&found] { return found.answers > 0; });
  expect_words(found, {"127.0.0.1:81"});
}

Test(resolver_life, may_be_destroyed_with_look_ups_pending) {
  DnsWorld world;
  world.server.a("half.test", "127.0.0.1");
  Found found;
  bool gone = false;
  for (const char* name : {"half.test", "x.test", "127.0.0.1"}) {
    world.resolver->addresses(name, 80, AF_UNSPEC, DnsWorld::into(found));
  }
  world.loop.poll();
  world.resolver->names(*Address::from_ip("192.0.2.1", 0),
                        [held = token(gone)](std::error_code, const std::vector<std::string>&) {});
  const std::size_t answered = found.answers;
  world.resolver.reset();
  cr_expect(gone);
  turn_for(world.loop, 20ms);
  cr_expect(found.answers == answered);
}

Test(resolver_life, may_be_destroyed_by_a_function) {
  for (const char* first : {"x.test", "127.0.0.1"}) {
    DnsWorld world;
    world.server.a("x.test", "127.0.0.1");
    world.server.treat("silent.test", Manner::silent);
    Found others;
    bool told = false;
    bool gone = false;
    const auto destroy = [&, held = token(gone)](std::error_code, const std::vector<Address>&) {
      told = true;
      world.resolver.reset();
    };
    world.resolver->addresses(first, 80, AF_INET, destroy);
    for (int i = 0; i < 10; ++i) {
      world.resolver->addresses(first, 80, AF_INET, DnsWorld::into(others));
      world.resolver->addresses("silent.test", 80, AF_INET, DnsWorld::into(others));
    }
    turn_until(world.loop, [&told] { return told; });
    turn_for(world.loop, 20ms);
    cr_expect(others.answers == 0);
    cr_expect(!gone, "the test's own copy is still there");
  }
}

Test(resolver_life, may_be_owned_by_what_a_function_holds) {
  DnsWorld world;
  world.server.a("x.test", "127.0.0.1");
  ResolverOptions options;
  options.servers = {world.server.address()};
  for (const bool cancel : {false, true}) {
    auto own = std::make_shared<Resolver>(world.loop, options);
    Resolver& resolver = *own;
    int told = 0;
    const LookupId id = resolver.addresses(
        "x.test", 80, AF_INET,
        [&told, own = std::move(own)](std::error_code, const std::vector<Address>&) { ++told; });
    if (cancel) {
      resolver.cancel(id);
    } else {
      turn_until(world.loop, [&told] { return told > 0; });
    }
    turn_for(world.loop, 50ms);
    cr_expect(told == (cancel ? 0 : 1));
  }
}

Test(resolver_life, what_a_function_throws_is_reported_and_the_others_are_told) {
  DnsWorld world;
  std::string where;
  world.loop.set_reporter([&where](const Report& report) { where = report.where; });
  world.resolver->addresses(
      "127.0.0.1", 80, AF_INET,
      [](std::error_code, const std::vector<Address>&) { throw std::runtime_error("x"); });
  expect_words(world.addresses("127.0.0.1", AF_INET), {"127.0.0.1:80"});
  cr_expect(where == "resolver", "%s", where.c_str());
}

Test(resolver_life, a_host_s_loop_returns_when_nothing_is_pending) {
  struct ev_loop* const host = ev_loop_new(EVFLAG_AUTO);
  {
    Loop loop(host);
    std::optional<DnsServer> server(loop);
    server->treat("silent.test", Manner::silent);
    const Address address = server->address();
    ResolverOptions options;
    options.servers = {address};
    options.deadline = 50ms;
    Resolver resolver(loop, options);
    Found found;
    // Once it is given up c-ares would go on for seconds; and the server would keep the loop too.
    resolver.addresses("silent.test.", 80, AF_INET, [&](std::error_code error, auto) {
      found.error = error;
      server.reset();
    });
    const auto start = Clock::now();
    ev_run(host, 0);
    cr_expect(found.error == ResolverError::timed_out);
    cr_expect(Clock::now() - start < 1s);
    ev_run(host, 0);  // an idle one
    const LookupId id = resolver.addresses("silent.test.", 80, AF_INET, DnsWorld::into(found));
    ev_run(host, EVRUN_NOWAIT);
    resolver.cancel(id);
    ev_run(host, 0);
    resolver.addresses("127.0.0.1", 80, AF_INET, DnsWorld::into(found));
    ev_run(host, 0);
    expect_words({{}, found.words, 1}, {"127.0.0.1:80"});
  }
  ev_loop_destroy(host);
}

Test(resolver_life, descriptors_whose_numbers_return_are_watched_again) {
  DnsWorld world;
  for (int i = 0; i < 50; ++i) {
    const std::string name = "h" + std::to_string(i) + ".test";
    world.server.a(name, "127.0.0.1");
    if (i % 2 == 0) world.server.treat(name, Manner::truncated);
    // c-ares closes its sockets after each, and gets the same numbers for the next.
    expect_words(world.addresses(name, AF_INET), {"127.0.0.1:80"});
  }
}
