// The results of a resolver, with a DNS server of the test.
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "support/dns_world.h"

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using sluice::Address;
using sluice::Clock;
using sluice::Resolver;
using sluice::ResolverError;
using sluice::ResolverOptions;

TestSuite(resolver, .timeout = 30);

namespace {

ResolverOptions impatient() {
  ResolverOptions options;
  options.try_timeout = slowness() * 50ms;
  options.tries = 2;
  return options;
}

}  // namespace

Test(resolver, finds_addresses_of_both_families) {
  DnsWorld world;
  world.server.a("both.test", "127.0.0.5");
  world.server.aaaa("both.test", "::1");
  const Found found = world.addresses("both.test", AF_UNSPEC, 7007);
  cr_expect(!found.error);
  // RFC 6724: both are from loopback to loopback, so the order depends on the host.
  Words sorted = found.words;
  std::sort(sorted.begin(), sorted.end());
  cr_expect(sorted == Words({"127.0.0.5:7007", "[::1]:7007"}));
}

Test(resolver, finds_addresses_of_one_family_without_asking_for_the_other) {
  DnsWorld world;
  world.server.a("both.test", "127.0.0.5");
  world.server.aaaa("both.test", "::1");
  expect_words(world.addresses("both.test", AF_INET), {"127.0.0.5:80"});
  cr_expect(world.server.questions() == 1);
  expect_words(world.addresses("both.test", AF_INET6), {"[::1]:80"});
  cr_expect(world.server.questions() == 2);
}

Test(resolver, ignores_additional_records_of_an_answer) {
  DnsWorld world;
  world.server.treat("both.test", Manner::generous);
  world.server.a("both.test", "127.0.0.5");
  world.server.aaaa("both.test", "::1");
  expect_words(world.addresses("both.test", AF_INET), {"127.0.0.5:80"});
  expect_words(world.addresses("both.test", AF_INET6), {"[::1]:80"});
  cr_expect(world.addresses("both.test", AF_UNSPEC).words.size() == 2, "each once");
}

Test(resolver, sorts_addresses_by_rfc_6724) {
  DnsWorld world;
  // On a host with only loopback, no source address is better for 192.0.2.1 than 127.0.0.1 is for
  // itself: that has the same scope and the longer prefix.
  world.server.aaaa("sorted.test", "2001:db8::1");
  world.server.aaaa("sorted.test", "::1");
  const Found found = world.addresses("sorted.test", AF_INET6);
  cr_assert(found.words.size() == 2);
  cr_expect(found.words[0] == "[::1]:80");
}

Test(resolver, follows_an_alias) {
  DnsWorld world;
  world.server.cname("www.test", "web.test");
  world.server.cname("web.test", "host.test");
  world.server.a("host.test", "127.0.0.9");
  expect_words(world.addresses("www.test"), {"127.0.0.9:80"});
}

Test(resolver, a_name_that_does_not_exist_is_not_found) {
  DnsWorld world;
  expect_error(world.addresses("nobody.test."), ResolverError::not_found);
  cr_expect(world.server.questions_for("nobody.test") == 2, "A and AAAA, once each");
}

Test(resolver, distinguishes_a_name_without_an_address_of_the_family_from_one_that_does_not_exist) {
  DnsWorld world;
  world.server.aaaa("six.test", "::1");
  expect_error(world.addresses("six.test.", AF_INET), ResolverError::no_address);
  expect_words(world.addresses("six.test.", AF_UNSPEC), {"[::1]:80"});
  world.server.ptr("127.0.0.9", "x.test");
  expect_error(world.addresses("9.0.0.127.in-addr.arpa."), ResolverError::no_address);
}

Test(resolver, reports_a_failing_server) {
  DnsWorld world;
  world.server.treat("failed.test", Manner::server_failed);
  world.server.treat("unable.test", Manner::not_implemented);
  world.server.treat("refused.test", Manner::refused);
  expect_error(world.addresses("failed.test."), ResolverError::server_failed);
  expect_error(world.addresses("unable.test."), ResolverError::server_failed);
  expect_error(world.addresses("refused.test."), ResolverError::refused);
}

Test(resolver, reports_the_failure_of_the_last_of_several_servers) {
  for (const auto& [manner, error] :
       {std::pair(Manner::refused, ResolverError::refused),
        std::pair(Manner::server_failed, ResolverError::server_failed)}) {
    DnsWorld world;
    DnsServer other(world.loop);
    other.treat("x.test", manner);
    world.server.treat("x.test", manner);
    ResolverOptions options;
    options.servers = {other.address(), world.server.address()};
    world.resolver = std::make_unique<Resolver>(world.loop, options);
    expect_error(world.addresses("x.test."), error);
    cr_expect(other.questions() > 0 && world.server.questions() > 0);
  }
}

Test(resolver, a_malformed_answer_is_a_failed_server) {
  DnsWorld world;
  world.server.treat("broken.test", Manner::malformed);
  world.server.a("broken.test", "127.0.0.9");
  expect_error(world.addresses("broken.test.", AF_INET), ResolverError::server_failed);
}

Test(resolver, an_answer_that_is_too_short_is_ignored) {
  DnsWorld world(impatient());
  world.server.treat("short.test", Manner::short_header);
  expect_error(world.addresses("short.test.", AF_INET), ResolverError::timed_out);
}

Test(resolver, forged_answers_are_ignored) {
  DnsWorld world;
  world.server.treat("spoofed.test", Manner::wrong_id);
  world.server.a("spoofed.test", "127.0.0.8");
  expect_words(world.addresses("spoofed.test", AF_INET), {"127.0.0.8:80"});
  world.server.treat("other.test", Manner::wrong_question);
  world.server.a("other.test", "127.0.0.9");
  expect_words(world.addresses("other.test", AF_INET), {"127.0.0.9:80"});
}

Test(resolver, a_truncated_answer_is_requested_again_over_tcp) {
  DnsWorld world;
  world.server.treat("large.test", Manner::truncated);
  // More than 512 bytes, and more than one read of a small buffer.
  for (int i = 1; i <= 200; ++i) world.server.a("large.test", "127.0.1." + std::to_string(i));
  const Found found = world.addresses("large.test", AF_INET);
  cr_expect(!found.error);
  cr_expect(found.words.size() == 200);
  cr_expect(world.server.questions_over_tcp() == 1);
}

Test(resolver, a_silent_server_times_out_after_its_tries) {
  DnsWorld world(impatient());
  world.server.treat("silent.test", Manner::silent);
  const auto start = Clock::now();
  expect_error(world.addresses("silent.test.", AF_INET), ResolverError::timed_out);
  // 50 ms, then 100 ms because the timeout doubles.
  cr_expect(Clock::now() - start >= slowness() * 145ms);
  cr_expect(Clock::now() - start < slowness() * 5s);
  cr_expect(world.server.questions() == 2);
}

Test(resolver, the_deadline_ends_a_lookup_before_its_tries) {
  ResolverOptions options;
  options.deadline = 100ms;
  options.try_timeout = 25s;
  DnsWorld world(options);
  world.server.treat("silent.test", Manner::silent);
  const auto start = Clock::now();
  expect_error(world.addresses("silent.test."), ResolverError::timed_out);
  cr_expect(Clock::now() - start >= 100ms);
  cr_expect(Clock::now() - start < 20s);
}

Test(resolver, accepts_an_answer_to_an_earlier_try) {
  DnsWorld world;
  world.server.delay("late.test", 150ms);
  world.server.a("late.test", "127.0.0.9");
  expect_words(world.addresses("late.test", AF_INET), {"127.0.0.9:80"});
}

Test(resolver, a_closed_port_of_a_server_is_reported_as_no_server) {
  DnsWorld world;
  Address nobody = world.server.address();
  {
    sluice::Loop other;
    const DnsServer gone(other);
    nobody = gone.address();
  }
  ResolverOptions options;
  options.servers = {nobody};
  world.resolver = std::make_unique<Resolver>(world.loop, options);
  expect_error(world.addresses("x.test."), ResolverError::no_server);
}

Test(resolver, a_second_server_answers_when_the_first_does_not) {
  DnsWorld world;
  DnsServer silent(world.loop);
  silent.treat("there.test", Manner::silent);
  ResolverOptions options = impatient();
  options.tries = 6;  // on a slow machine its first answers may come too late
  options.servers = {silent.address(), world.server.address()};
  world.resolver = std::make_unique<Resolver>(world.loop, options);
  world.server.a("there.test", "127.0.0.9");
  expect_words(world.addresses("there.test", AF_INET), {"127.0.0.9:80"});
  cr_expect(silent.questions() > 0);
}

Test(resolver, finds_the_names_of_an_address) {
  DnsWorld world;
  world.server.ptr("192.0.2.7", "seven.test");
  world.server.ptr("2001:db8::7", "six.seven.test");
  expect_words(world.names("192.0.2.7"), {"seven.test"});
  expect_words(world.names("2001:db8::7"), {"six.seven.test"});
  expect_words(world.names("::ffff:192.0.2.7"), {"seven.test"});
  expect_error(world.names("192.0.2.8"), ResolverError::not_found);
  world.server.a("9.2.0.192.in-addr.arpa", "127.0.0.1");
  expect_error(world.names("192.0.2.9"), ResolverError::not_found);
}

Test(resolver, a_server_that_fails_is_not_an_address_without_a_name) {
  DnsWorld world;
  world.server.treat("1.2.0.192.in-addr.arpa", Manner::server_failed);
  world.server.treat("3.2.0.192.in-addr.arpa", Manner::refused);
  world.server.treat("4.2.0.192.in-addr.arpa", Manner::malformed);
  world.server.ptr("192.0.2.4", "four.test");
  expect_error(world.names("192.0.2.1"), ResolverError::server_failed);
  expect_error(world.names("192.0.2.3"), ResolverError::refused);
  expect_error(world.names("192.0.2.4"), ResolverError::server_failed);
}

Test(resolver, a_silent_server_is_not_an_address_without_a_name) {
  DnsWorld world(impatient());
  world.server.treat("2.2.0.192.in-addr.arpa", Manner::silent);
  expect_error(world.names("192.0.2.2"), ResolverError::timed_out);
}

Test(resolver, finds_names_through_an_alias) {
  DnsWorld world;  // RFC 2317
  world.server.cname("5.2.0.192.in-addr.arpa", "5.0-63.2.0.192.in-addr.arpa");
  world.server.alias_ptr("5.0-63.2.0.192.in-addr.arpa", "five.test");
  expect_words(world.names("192.0.2.5"), {"five.test"});
}

Test(resolver, finds_each_name_of_an_address_once) {
  DnsWorld world;
  for (const char* name : {"b.test", "a.test", "b.test"}) world.server.ptr("192.0.2.7", name);
  Found found = world.names("192.0.2.7");
  std::sort(found.words.begin(), found.words.end());
  expect_words(found, {"a.test", "b.test"});
}

Test(resolver, returns_a_numeric_address_without_a_question) {
  DnsWorld world;
  expect_words(world.addresses("192.0.2.1", AF_UNSPEC, 53), {"192.0.2.1:53"});
  expect_words(world.addresses("2001:db8::1", AF_INET6), {"[2001:db8::1]:80"});
  expect_words(world.addresses("fe80::1%lo"), {"[fe80::1%lo]:80"});
  expect_error(world.addresses("192.0.2.1", AF_INET6), ResolverError::no_address);
  cr_expect(world.server.questions() == 0);
}

Test(resolver, returns_loopback_for_localhost_without_a_question) {
  DnsWorld world;
  for (const char* name :
       {"localhost", "localhost.", "LocalHost", "a.b.localhost", "x.localhost."}) {
    expect_words(world.addresses(name, AF_INET), {"127.0.0.1:80"});
    expect_words(world.addresses(name, AF_INET6), {"[::1]:80"});
    cr_expect(!world.addresses(name).error);
  }
  cr_expect(world.server.questions() == 0);
}

Test(resolver, asks_no_question_for_an_invalid_name) {
  DnsWorld world;
  for (const char* name :
       {"", ".", "a..b", "a b", "back\\046slash", "127.1", "1.2.3.256", "a\nb"}) {
    expect_error(world.addresses(name), ResolverError::bad_name);
  }
  expect_error(world.addresses(std::string_view("nul\0.test", 9)), ResolverError::bad_name);
  expect_error(world.addresses(std::string(64, 'x') + ".test"), ResolverError::bad_name);
  cr_expect(world.server.questions() == 0);
}
