// Which newcomers a listener refuses: the counting alone, without sockets.
#include <chrono>
#include <optional>
#include <string>

#include <criterion/criterion.h>

#include "reactor/stream/newcomer_limits.h"
#include "support/addresses.h"

using namespace sluice;        // NOLINT(google-build-using-namespace)
using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const TimePoint kStart = TimePoint() + std::chrono::hours(1);
constexpr NewcomerLimits::Open kNobody{.here = 0, .in_loop = 0, .loop_limit = 100};

struct World {
  explicit World(const ListenerOptions& options) : options_(options) {}
  std::optional<Refusal> come(const Address& peer, TimePoint now = kStart) {
    return limits.admit(peer, kNobody, now);
  }
  bool let_in(const Address& peer, TimePoint now = kStart) {
    return come(peer, now) == std::nullopt;
  }
  ListenerOptions options_;
  NewcomerLimits limits{options_};
};

ListenerOptions per_source(std::size_t limit, unsigned prefix = Source::kDefaultPrefix) {
  ListenerOptions options;
  options.max_per_source = limit;
  options.source_prefix = prefix;
  return options;
}

std::string numbered(const std::string& network, int number) {
  return network + std::to_string(number);
}

}  // namespace

Test(newcomer_limits, let_in_as_many_of_a_source_as_the_limit_says_and_no_more) {
  World world(per_source(2));
  cr_expect(world.let_in(ip("192.0.2.1")));
  cr_expect(world.let_in(ip("192.0.2.1")));
  cr_expect(world.come(ip("192.0.2.1")) == Refusal::max_per_source);
  cr_expect(world.limits.count(ip("192.0.2.1")) == 2);
}

Test(newcomer_limits, let_nobody_use_what_is_promised_to_other_listeners) {
  World world{{}};
  NewcomerLimits::Open open{.here = 0, .in_loop = 74, .loop_limit = 100, .promised = 25};
  cr_expect(world.limits.admit(ip("192.0.2.1"), open, kStart) == std::nullopt);
  open.in_loop = 75;
  cr_expect(world.limits.admit(ip("192.0.2.1"), open, kStart) == Refusal::share);
  open.in_loop = 100;
  cr_expect(world.limits.admit(ip("192.0.2.1"), open, kStart) == Refusal::max_connections);
  open.in_loop = 90;  // connections that the program made count too
  cr_expect(world.limits.admit(ip("192.0.2.1"), open, kStart) == Refusal::share);
  cr_expect(world.limits.describe(Refusal::share, ip("192.0.2.1"), open) ==
            "192.0.2.1: its share of the loop's limit of 100 connections");
}

Test(newcomer_limits, refuse_everybody_while_the_memory_is_used_up) {
  World world{{}};
  const NewcomerLimits::Open open{
      .here = 0, .in_loop = 0, .loop_limit = 100, .memory_passed = true, .memory_limit = 1048576};
  cr_expect(world.limits.admit(ip("192.0.2.1"), open, kStart) == Refusal::max_memory);
  cr_expect(world.limits.describe(Refusal::max_memory, ip("192.0.2.1"), open) ==
            "192.0.2.1: the loop's limit of 1048576 bytes held by connections");
}

Test(newcomer_limits, count_a_source_whatever_port_it_comes_from) {
  World world(per_source(1));
  cr_expect(world.let_in(ip("192.0.2.1", 1000)));
  cr_expect(!world.let_in(ip("192.0.2.1", 2000)));
  world.limits.remove(ip("192.0.2.1", 3000));
  cr_expect(world.let_in(ip("192.0.2.1", 4000)));
}

Test(newcomer_limits, count_each_ipv4_address_by_itself) {
  World world(per_source(1));
  cr_expect(world.let_in(ip("192.0.2.1")));
  cr_expect(world.let_in(ip("192.0.2.2")));
  cr_expect(world.let_in(ip("2001:db8::1")));
  cr_expect(world.limits.sources() == 3);
  cr_expect(!world.let_in(ip("::ffff:192.0.2.1")), "a mapped address is the IPv4 address");
}

Test(newcomer_limits, count_the_addresses_of_one_ipv6_network_as_one_source) {
  World world(per_source(5));
  int let_in = 0;
  for (int i = 1; i <= 200; ++i) let_in += world.let_in(ip(numbered("2001:db8::", i))) ? 1 : 0;
  cr_expect(let_in == 5);
  cr_expect(world.limits.sources() == 1);
  cr_expect(world.let_in(ip("2001:db8:0:1::1")));
}

Test(newcomer_limits, count_as_many_bits_of_an_ipv6_address_as_they_are_told) {
  World wide(per_source(1, 48));
  cr_expect(wide.let_in(ip("2001:db8:1:1::1")));
  cr_expect(!wide.let_in(ip("2001:db8:1:2::1")));
  cr_expect(wide.let_in(ip("2001:db8:2:1::1")));
  World narrow(per_source(1, 128));
  cr_expect(narrow.let_in(ip("2001:db8::1")));
  cr_expect(narrow.let_in(ip("2001:db8::2")));
}

Test(newcomer_limits, forget_a_source_with_its_last_connection) {
  World world(per_source(5));
  for (int i = 0; i < 3; ++i) cr_expect(world.let_in(ip("192.0.2.1")));
  for (int i = 0; i < 2; ++i) world.limits.remove(ip("192.0.2.1"));
  cr_expect(world.limits.sources() == 1);
  world.limits.remove(ip("192.0.2.1"));
  cr_expect(world.limits.sources() == 0);
  cr_expect(world.limits.count(ip("192.0.2.1")) == 0);
}

Test(newcomer_limits, of_no_connection_let_nobody_in_and_remember_nobody) {
  World world(per_source(0));
  cr_expect(!world.let_in(ip("192.0.2.1")));
  cr_expect(world.limits.sources() == 0);
}

Test(newcomer_limits, ignore_that_an_unknown_source_has_gone) {
  World world(per_source(1));
  world.limits.remove(ip("192.0.2.1"));
  cr_expect(world.limits.sources() == 0);
  cr_expect(world.let_in(ip("192.0.2.1")));
}

Test(newcomer_limits, bound_the_rate_of_each_source) {
  ListenerOptions options;
  options.connect_rate_per_source = TokenRate::of(2, seconds(1), 2);
  World world(options);
  for (const char* source : {"192.0.2.1", "192.0.2.2", "2001:db8::1"}) {
    cr_expect(world.let_in(ip(source)));
    cr_expect(world.let_in(ip(source)));
    cr_expect(world.come(ip(source)) == Refusal::connect_rate_per_source);
  }
  cr_expect(!world.let_in(ip("2001:db8::2")), "of the same /64");
  cr_expect(!world.let_in(ip("192.0.2.1"), kStart + milliseconds(499)));
  cr_expect(world.let_in(ip("192.0.2.1"), kStart + milliseconds(500)));
  // To close a connection does not give another one.
  world.limits.remove(ip("192.0.2.1"));
  cr_expect(!world.let_in(ip("192.0.2.1"), kStart + milliseconds(501)));
}

Test(newcomer_limits, bound_the_rate_in_all) {
  ListenerOptions options;
  options.connect_rate = TokenRate::of(3, seconds(1), 3);
  World world(options);
  for (int i = 1; i <= 3; ++i) cr_expect(world.let_in(ip(numbered("192.0.2.", i))));
  cr_expect(world.come(ip("192.0.2.4")) == Refusal::connect_rate);
  cr_expect(world.come(*Address::from_path("/run/x")) == Refusal::connect_rate);
  cr_expect(world.let_in(ip("192.0.2.4"), kStart + milliseconds(334)));
}

Test(newcomer_limits, do_not_let_one_source_use_up_the_rate_of_all) {
  ListenerOptions options;
  options.connect_rate = TokenRate::of(10, seconds(1), 10);
  options.connect_rate_per_source = TokenRate::of(2, seconds(1), 2);
  World world(options);
  for (int i = 0; i < 1000; ++i) (void)world.come(ip("192.0.2.1"));
  int others = 0;
  for (int i = 2; i < 100; ++i) others += world.let_in(ip(numbered("192.0.2.", i))) ? 1 : 0;
  cr_expect(others == 8, "%d", others);
}

Test(newcomer_limits, take_nothing_of_a_source_that_the_rate_of_all_refuses) {
  ListenerOptions options;
  options.max_per_source = 1;
  options.connect_rate = TokenRate::of(1, seconds(1), 1);
  options.connect_rate_per_source = TokenRate::of(1, seconds(60), 1);
  World world(options);
  cr_expect(world.let_in(ip("192.0.2.1")));
  cr_expect(world.come(ip("192.0.2.2")) == Refusal::connect_rate);
  cr_expect(world.limits.count(ip("192.0.2.2")) == 0);
  cr_expect(world.let_in(ip("192.0.2.2"), kStart + seconds(1)));
}

Test(newcomer_limits, of_sources_do_not_apply_to_unix_sockets) {
  ListenerOptions options = per_source(1);
  options.connect_rate_per_source = TokenRate::of(1, seconds(1), 1);
  World world(options);
  for (int i = 0; i < 5; ++i) cr_expect(world.let_in(*Address::from_path("/run/x")));
  world.limits.remove(*Address::from_path("/run/x"));
}

Test(newcomer_limits, name_the_source_and_the_limit) {
  World world(per_source(2));
  const NewcomerLimits& limits = world.limits;
  cr_expect(limits.describe(Refusal::max_per_source, ip("192.0.2.1", 4000), kNobody) ==
            "192.0.2.1: the limit of 2 connections from one source");
  cr_expect(limits.describe(Refusal::connect_rate_per_source, ip("2001:db8::7", 4000), kNobody) ==
            "2001:db8::/64: the limit on the rate of new connections from one source");
  cr_expect(limits.describe(Refusal::connect_rate, ip("::ffff:192.0.2.1", 4000), kNobody) ==
            "192.0.2.1: the limit on the rate of new connections");
  cr_expect(limits.describe(Refusal::max_connections, *Address::from_path("/run/x"), kNobody) ==
            "the loop's limit of 100 connections");
}
