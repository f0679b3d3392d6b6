// Cancelled lookups, and functions that destroy the objects that called them.
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

// A flag that is set when the object is destroyed: a resource of a function.
std::shared_ptr<void> token(bool& gone) {
  return {nullptr, [&gone](void*) { gone = true; }};
}

}  // namespace

Test(resolver_life, a_cancelled_lookup_calls_nothing_and_frees_its_function_at_once) {
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
  world.loop.poll();  // both questions have been sent
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

Test(resolver_life, a_lookup_that_is_cancelled_first_asks_no_question) {
  DnsWorld world;
  Found found;
  world.resolver->cancel(world.resolver->addresses("x.test", 80, AF_INET, DnsWorld::into(found)));
  world.resolver->cancel(
      world.resolver->addresses("127.0.0.1", 80, AF_INET, DnsWorld::into(found)));
  turn_for(world.loop, 20ms);
  cr_expect(found.answers == 0);
  cr_expect(world.server.questions() == 0);
}

Test(resolver_life, a_lookup_may_be_cancelled_by_the_function_of_another) {
  DnsWorld world;
  std::vector<Found> found(2);
  std::vector<LookupId> ids(2);
  // Both are answered in the same turn. The function that is called first cancels the other.
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

Test(resolver_life, a_function_may_start_another_lookup) {
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

Test(resolver_life, may_be_destroyed_while_lookups_are_pending) {
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
    bool called = false;
    bool gone = false;
    const auto destroy = [&, held = token(gone)](std::error_code, const std::vector<Address>&) {
      called = true;
      world.resolver.reset();
    };
    world.resolver->addresses(first, 80, AF_INET, destroy);
    for (int i = 0; i < 10; ++i) {
      world.resolver->addresses(first, 80, AF_INET, DnsWorld::into(others));
      world.resolver->addresses("silent.test", 80, AF_INET, DnsWorld::into(others));
    }
    turn_until(world.loop, [&called] { return called; });
    turn_for(world.loop, 20ms);
    cr_expect(others.answers == 0);
    cr_expect(!gone, "the test's own copy is still there");
  }
}

Test(resolver_life, may_be_owned_by_one_of_its_functions) {
  DnsWorld world;
  world.server.a("x.test", "127.0.0.1");
  ResolverOptions options;
  options.servers = {world.server.address()};
  for (const bool cancel : {false, true}) {
    auto own = std::make_shared<Resolver>(world.loop, options);
    Resolver& resolver = *own;
    int calls = 0;
    const LookupId id = resolver.addresses(
        "x.test", 80, AF_INET,
        [&calls, own = std::move(own)](std::error_code, const std::vector<Address>&) { ++calls; });
    if (cancel) {
      resolver.cancel(id);
    } else {
      turn_until(world.loop, [&calls] { return calls > 0; });
    }
    turn_for(world.loop, 50ms);
    cr_expect(calls == (cancel ? 0 : 1));
  }
}

Test(resolver_life, an_exception_from_a_function_is_reported_and_the_other_functions_run) {
  DnsWorld world;
  std::string where;
  world.loop.set_reporter([&where](const Report& report) { where = report.where; });
  world.resolver->addresses(
      "127.0.0.1", 80, AF_INET,
      [](std::error_code, const std::vector<Address>&) { throw std::runtime_error("x"); });
  expect_words(world.addresses("127.0.0.1", AF_INET), {"127.0.0.1:80"});
  cr_expect(where == "resolver", "%s", where.c_str());
}

Test(resolver_life, a_hosts_loop_returns_when_no_lookup_is_pending) {
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
    // Without cancelling, c-ares would continue for seconds, and the server would keep the loop
    // running.
    resolver.addresses("silent.test.", 80, AF_INET, [&](std::error_code error, auto) {
      found.error = error;
      server.reset();
    });
    const auto start = Clock::now();
    ev_run(host, 0);
    cr_expect(found.error == ResolverError::timed_out);
    cr_expect(Clock::now() - start < 5s);
    ev_run(host, 0);  // an idle loop
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

Test(resolver_life, a_reused_descriptor_is_watched_again) {
  DnsWorld world;
  for (int i = 0; i < 50; ++i) {
    const std::string name = "h" + std::to_string(i) + ".test";
    world.server.a(name, "127.0.0.1");
    if (i % 2 == 0) world.server.treat(name, Manner::truncated);
    // c-ares closes its sockets after each question, and the next one gets the same descriptors.
    expect_words(world.addresses(name, AF_INET), {"127.0.0.1:80"});
  }
}
