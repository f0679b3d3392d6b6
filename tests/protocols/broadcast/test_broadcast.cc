// Discovery and announcements on loopback: which requests are answered, when, and how often.
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/datagrams.h"
#include "support/descriptors.h"
#include "support/udp_probe.h"
#include <sluice/broadcast.h>
#include <sluice/connection.h>
#include <sluice/loop.h>
#include <sluice/protocol.h>
#include <sluice/reply_guard.h>

using sluice::Address;
using sluice::Broadcast;
using sluice::BroadcastOptions;
using sluice::Connection;
using sluice::Endpoint;
using sluice::Fd;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::ReplyGuard;
using sluice::Report;
using sluice::test::Hoard;
using sluice::test::ip;
using sluice::test::own_loopback;
using sluice::test::Peer;
using sluice::test::turn_a_while;
using sluice::test::UdpProbe;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::string_view kMessage = "attic: echo 7007";

BroadcastOptions options() {
  BroadcastOptions result;
  result.message = kMessage;
  result.answers_per_source = 10;
  result.seed = 1;
  return result;
}

LoopOptions virtual_time() {
  LoopOptions result = backend_options();
  result.virtual_time = true;
  return result;
}

struct Silent final : sluice::Protocol {
  std::size_t on_data(Connection&, std::span<const std::byte> in) override { return in.size(); }
};

// A service on virtual time: its delays pass when the test advances the time.
struct World {
  explicit World(const BroadcastOptions& with = options(), const char* at = "udp://0.0.0.0:0")
      : service(loop, Endpoint::from(at), guard, with) {
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }
  [[nodiscard]] std::uint16_t port() const { return service.endpoint().address().port(); }
  [[nodiscard]] Address address() const { return Address::loopback(AF_INET, port()); }

  Silent silent;
  Loop loop{virtual_time()};
  std::vector<Report> reports;
  ReplyGuard guard{loop};
  Broadcast service;
};

// The directed broadcast address of loopback, in place of that of a network.
Address to_all(const World& world) { return ip("127.255.255.255", world.port()); }

std::string refusal_of(const BroadcastOptions& with) {
  try {
    const World world(with);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

}  // namespace

Test(broadcast, answers_any_request_with_its_message) {
  for (const char* at : {"udp://0.0.0.0:0", "udp://127.0.0.1:0", "udp://*:0"}) {
    World world(options(), at);
    const UdpProbe probe;
    cr_expect(probe.ask(world.loop, "who is there?", world.address()) == kMessage, "%s", at);
    cr_expect(world.service.counts().answered == 1);
  }
}

Test(broadcast, answers_over_ipv6) {
  for (const char* at : {"udp://[::1]:0", "udp://[::]:0", "udp://*:0"}) {
    World world(options(), at);
    const UdpProbe probe(Address::loopback(AF_INET6, 0));
    const Address to = Address::loopback(AF_INET6, world.port());
    cr_expect(probe.ask(world.loop, "who is there?", to) == kMessage, "%s", at);
  }
}

Test(broadcast, answers_an_empty_datagram_and_the_largest) {
  World world;
  const UdpProbe probe;
  cr_expect(probe.ask(world.loop, "", world.address()) == kMessage);
  cr_expect(probe.ask(world.loop, std::string(65'507, '\0'), world.address()) == kMessage);
  cr_expect(probe.ask(world.loop, "x", world.address()) == kMessage);
  cr_expect(world.reports.empty());
}

Test(broadcast, answers_with_its_current_message) {
  World world;
  world.service.set_message("moved");
  const UdpProbe probe;
  cr_expect(probe.ask(world.loop, "?", world.address()) == "moved");
}

Test(broadcast, delays_the_answer_to_a_broadcast) {
  for (const char* at : {"udp://0.0.0.0:0", "udp://*:0"}) {
    World world(options(), at);
    const UdpProbe probe(own_loopback(0));
    probe.allow_broadcast();
    probe.send("all of you?", to_all(world));
    turn_a_while(world.loop);
    cr_expect(!probe.waiting().has_value(), "%s: at once", at);
    world.loop.advance(BroadcastOptions::kMaxDelay);
    cr_expect(probe.receive(world.loop) == kMessage);
    world.loop.advance(seconds(1));
    cr_expect(!probe.waiting().has_value(), "once");
    cr_expect(world.guard.refused() == 0);
  }
}

Test(broadcast, spreads_its_delays) {
  BroadcastOptions with = options();
  with.answers_per_source = 50;
  World world(with);
  const UdpProbe probe(own_loopback(0));
  probe.allow_broadcast();
  for (int i = 0; i < 50; ++i) probe.send("all of you?", to_all(world));
  turn_a_while(world.loop);
  int moments = 0;
  int answers = 0;
  for (int ms = 0; ms <= 100; ++ms) {
    int now = 0;
    while (probe.waiting()) ++now;
    answers += now;
    if (now > 0) ++moments;
    world.loop.advance(milliseconds(1));
  }
  while (probe.waiting()) ++answers;
  cr_expect(answers == 50, "%d", answers);
  cr_expect(moments > 20, "%d", moments);
}

Test(broadcast, limits_the_number_of_delayed_answers) {
  BroadcastOptions with = options();
  with.answers_per_second = with.answers_per_source = 100'000;
  World world(with);
  const UdpProbe probe(own_loopback(0));
  probe.allow_broadcast();
  const std::size_t asked = BroadcastOptions::kMaxWaiting + 40;
  for (std::size_t i = 0; i < asked; ++i) {
    probe.send("?", to_all(world));
    if (i % 32 == 31) world.loop.poll();
  }
  turn_a_while(world.loop);
  cr_expect(world.service.counts().limited == 40);
  world.loop.advance(BroadcastOptions::kMaxDelay);
  cr_expect(world.service.counts().answered == BroadcastOptions::kMaxWaiting);
}

Test(broadcast, does_not_answer_its_own_port_number_on_any_host) {
  World world(options(), "udp://127.0.0.1:0");
  // As an announcement or answer of the same service on another host arrives.
  const UdpProbe other(own_loopback(world.port()));
  for (int i = 0; i < 2; ++i) other.send("attic too: echo 7007", world.address());
  const UdpProbe probe;
  cr_expect(probe.ask(world.loop, "?", world.address()) == kMessage);
  world.loop.advance(seconds(1));
  cr_expect(!other.waiting().has_value());
  cr_expect(world.service.counts().ignored == 2);
  // This is normal, so it is not reported as a refusal.
  cr_expect(world.guard.refused() == 0);
  cr_expect(world.reports.empty());
}

Test(broadcast, follows_the_other_rules_of_the_guard) {
  World world;
  const UdpProbe reserved(own_loopback(2049));
  reserved.allow_broadcast();
  reserved.send("?", world.address());
  reserved.send("?", to_all(world));
  const UdpProbe probe;
  cr_expect(probe.ask(world.loop, "?", world.address()) == kMessage);
  world.loop.advance(seconds(1));
  cr_expect(!reserved.waiting().has_value());
  cr_expect(world.guard.refused() == 2);
}

Test(broadcast, adds_its_port_to_the_guard_and_removes_it) {
  Loop loop(virtual_time());
  ReplyGuard guard(loop);
  std::optional<Broadcast> service;
  service.emplace(loop, Endpoint::from("udp://127.0.0.1:0"), guard, options());
  const Address from = ip("192.0.2.1", service->endpoint().address().port());
  const Address to = ip("192.0.2.2", 7);
  const sluice::Datagram datagram{
      .data = {}, .from = from, .to = to, .interface = 0, .truncated = false, .unicast = true};
  cr_expect(guard.check(datagram) == ReplyGuard::Refusal::service_port);
  service.reset();
  cr_expect(guard.check(datagram) == ReplyGuard::Refusal::none);
}

Test(broadcast, limits_the_answers_to_each_source) {
  BroadcastOptions with = options();
  with.answers_per_source = 2;
  World world(with);
  const UdpProbe greedy(own_loopback(0));
  const UdpProbe other(ip("127.0.0.1"));
  for (int i = 0; i < 10; ++i) greedy.send("?", world.address());
  cr_expect(other.ask(world.loop, "?", world.address()) == kMessage);
  int got = 0;
  while (greedy.waiting()) ++got;
  cr_expect(got == 2, "%d", got);
  cr_expect(world.service.counts().limited == 8);
  world.loop.advance(seconds(1));
  cr_expect(greedy.ask(world.loop, "?", world.address()) == kMessage);
}

Test(broadcast, limits_the_answers_in_total) {
  BroadcastOptions with = options();
  with.answers_per_second = 5;
  with.answers_per_source = 1;
  World world(with);
  std::vector<UdpProbe> probes;
  for (int i = 1; i <= 20; ++i) probes.emplace_back(ip("127.77.0." + std::to_string(i)));
  for (const UdpProbe& probe : probes) probe.send("?", world.address());
  turn_a_while(world.loop);
  int got = 0;
  for (const UdpProbe& probe : probes) got += probe.waiting() ? 1 : 0;
  cr_expect(got == 5, "%d", got);
}

Test(broadcast, announces_within_its_jitter_and_starts_soon) {
  BroadcastOptions with = options();
  with.announce = seconds(10);
  with.interface = "lo";
  World world(with);
  std::vector<int> gaps;
  std::uint64_t seen = 0;
  int since = 0;
  for (int ms = 0; ms < 200'000; ++ms, ++since) {
    world.loop.advance(milliseconds(1));
    if (world.service.counts().sent == seen) continue;
    cr_assert(world.service.counts().sent == seen + 1);
    ++seen;
    gaps.push_back(since);
    since = 0;
  }
  cr_assert(gaps.size() >= 18 && gaps.size() <= 23, "%zu", gaps.size());
  cr_expect(gaps[0] <= 101, "%d", gaps[0]);
  int shorter = 0;
  for (std::size_t i = 1; i < gaps.size(); ++i) {
    cr_expect(gaps[i] >= 8'999 && gaps[i] <= 11'001, "%d", gaps[i]);
    if (gaps[i] < 10'000) ++shorter;
  }
  cr_expect(shorter > 0 && shorter < static_cast<int>(gaps.size()) - 1, "%d", shorter);
}

Test(broadcast, announces_nothing_by_default) {
  World world;
  world.loop.advance(seconds(3600));
  cr_expect(world.service.counts().sent == 0);
  cr_expect(world.reports.empty());
}

Test(broadcast, announces_and_publishes_on_loopback_if_it_is_named) {
  BroadcastOptions with = options();
  with.interface = "lo";
  with.announce = seconds(10);
  World world(with, "udp://127.0.0.1:0");
  const Peer listener(ip("127.255.255.255", world.port()));
  world.loop.advance(BroadcastOptions::kMaxDelay);
  auto got = listener.receive(5000);
  cr_assert(got.has_value());
  cr_expect(got->data == kMessage);
  cr_expect(got->from.port() == world.port());
  const auto published = world.service.publish("the printer is on fire");
  cr_expect(published.error.empty());
  cr_expect(published.targets == 1, "%zu", published.targets);
  world.loop.poll();
  got = listener.receive(5000);
  cr_assert(got.has_value());
  cr_expect(got->data == "the printer is on fire");
}

Test(broadcast, does_not_answer_itself) {
  BroadcastOptions with = options();
  with.interface = "lo";
  World world(with);
  cr_expect(world.service.publish("me?").targets == 1);
  turn_a_while(world.loop);
  world.loop.advance(seconds(1));
  cr_expect(world.service.counts().ignored == 1);
  cr_expect(world.service.counts().answered == 0);
}

Test(broadcast, publishes_to_no_target_if_there_is_none) {
  BroadcastOptions with = options();
  with.interface = "nowhere0";
  World world(with);
  const auto published = world.service.publish("hello?");
  cr_expect(published.error.empty());
  cr_expect(published.targets == 0);
}

Test(broadcast, rejects_a_text_that_is_too_long_or_empty) {
  BroadcastOptions with = options();
  with.interface = "lo";
  World world(with);
  cr_expect(world.service.publish("").error == "the text is empty");
  const auto refused = world.service.publish(std::string(1401, 'x'));
  cr_expect(refused.error == "the text has 1401 bytes; at most 1400 are allowed", "%s",
            refused.error.c_str());
  cr_expect(world.service.counts().sent == 0);
  cr_expect(world.service.publish(std::string(1400, 'x')).targets == 1);
}

Test(broadcast, reports_once_that_there_is_no_target) {
  BroadcastOptions with = options();
  with.announce = seconds(1);
  with.interface = "nowhere0";
  World world(with);
  world.loop.advance(seconds(60));
  cr_assert(world.reports.size() == 1, "%zu", world.reports.size());
  cr_expect(world.reports[0].kind == Report::Kind::socket_error);
  cr_expect(world.reports[0].where == world.service.endpoint().to_string());
  cr_expect(world.reports[0].what == "there is no interface \"nowhere0\" to announce on");
}

Test(broadcast, names_an_interface_that_is_not_there_also_without_announcements) {
  BroadcastOptions with = options();
  with.interface = "nowhere0";
  World world(with);
  world.loop.advance(seconds(60));
  cr_assert(world.reports.size() == 1, "%zu", world.reports.size());
  cr_expect(world.reports[0].what == "there is no interface \"nowhere0\" to announce on");
}

Test(broadcast, sends_no_announcements_while_the_loop_drains) {
  BroadcastOptions with = options();
  with.announce = milliseconds(100);
  with.interface = "lo";
  World world(with);
  world.loop.advance(seconds(1));
  const auto sent = world.service.counts().sent;
  cr_expect(sent > 0);
  // A connection whose peer does not close keeps the drain going.
  int pair[2];
  cr_assert(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  Fd peer(pair[1]);
  Connection::adopt(world.loop, Fd(pair[0]), world.silent);
  world.loop.drain(seconds(5), [] {});
  world.loop.advance(seconds(1));
  cr_assert(world.loop.draining());
  cr_expect(world.service.counts().sent == sent);
  peer.reset();
  world.loop.advance(seconds(10));
  cr_expect(world.service.counts().sent == sent);
}

Test(broadcast, drain_sends_the_delayed_answers_and_no_announcements) {
  BroadcastOptions with = options();
  with.announce = milliseconds(1'000);
  with.interface = "lo";
  World world(with);
  world.loop.advance(seconds(2));
  const UdpProbe probe;
  probe.allow_broadcast();
  probe.send("who is there?", to_all(world));
  turn_a_while(world.loop);
  cr_expect(world.service.counts().answered == 0, "the answer is delayed");
  const auto sent = world.service.counts().sent;
  int done = 0;
  world.service.drain(seconds(5), [&done] { ++done; });
  turn_a_while(world.loop);
  cr_expect(done == 0);
  world.loop.advance(BroadcastOptions::kMaxDelay);
  cr_expect(done == 1);
  cr_expect(probe.receive(world.loop) == kMessage);
  world.loop.advance(seconds(30));
  cr_expect(world.service.counts().sent == sent);
  cr_expect(done == 1);
  cr_expect(world.service.publish("hello").error == "the service is closed");
}

Test(broadcast, drain_drops_the_delayed_answers_at_the_deadline) {
  BroadcastOptions with = options();
  with.seed = 1'000'000'007;  // gives a first delay above 0
  World world(with);
  const UdpProbe probe;
  probe.allow_broadcast();
  probe.send("who is there?", to_all(world));
  turn_a_while(world.loop);
  int done = 0;
  world.service.drain(milliseconds(0), [&done] { ++done; });
  world.loop.advance(milliseconds(0));
  cr_expect(done == 1);
  world.loop.advance(seconds(1));
  cr_expect(world.service.counts().answered == 0);
}

Test(broadcast, rejects_invalid_options) {
  BroadcastOptions with = options();
  with.message.clear();
  cr_expect(refusal_of(with) == "broadcast message: the text is empty");
  with.message = std::string(1401, 'x');
  cr_expect(refusal_of(with) ==
            "broadcast message: the text has 1401 bytes; at most 1400 are allowed");
  for (const char* group : {"239.1.2.3", "fe80::1", "ff02::1%lo"}) {
    with = options();
    with.group = ip(group);
    cr_expect(refusal_of(with).rfind("broadcast group ", 0) == 0, "%s", group);
  }
  with = options();
  with.answers_per_second = 0;
  cr_expect(refusal_of(with) == "broadcast answers_per_second is 0; it must be at least 1");
  with = options();
  with.answers_per_source = 0;
  cr_expect(refusal_of(with) == "broadcast answers_per_source is 0; it must be at least 1");
  with = options();
  with.announce = milliseconds(-1);
  cr_expect(refusal_of(with) == "broadcast announce is -1 ms; allowed: 0-31536000000");
  with.announce = milliseconds(1'500'000'000'000'000'000);
  cr_expect(refusal_of(with) ==
            "broadcast announce is 1500000000000000000 ms; allowed: 0-31536000000");
  with.announce = BroadcastOptions::kMaxAnnounce;
  cr_expect(refusal_of(with).empty());
}

Test(broadcast, rejects_a_new_message_that_it_could_not_send_and_keeps_the_old_one) {
  World world;
  try {
    world.service.set_message("");
    cr_assert_fail("nothing was thrown");
  } catch (const std::invalid_argument&) {
  }
  const UdpProbe probe;
  cr_expect(probe.ask(world.loop, "?", world.address()) == kMessage);
}

Test(broadcast, throws_if_its_port_is_in_use) {
  World world;
  try {
    const Broadcast second(world.loop, world.service.endpoint(), world.guard, options());
    cr_assert_fail("nothing was thrown");
  } catch (const std::system_error& error) {
    cr_expect(error.code() == std::errc::address_in_use);
  }
}

Test(broadcast, reports_that_it_cannot_read_the_interfaces_and_continues) {
  World world;
  Hoard hoard;
  cr_expect(world.service.publish("hello").targets == 0);
  cr_assert(world.reports.size() == 1, "%zu reports", world.reports.size());
  cr_expect(world.reports[0].what == "cannot read the list of interfaces", "%s",
            world.reports[0].what.c_str());
  cr_expect(world.reports[0].error == std::errc::too_many_files_open, "%s",
            world.reports[0].error.message().c_str());
  hoard.give_all();
  const UdpProbe probe;
  cr_expect(probe.ask(world.loop, "who is there?", world.address()) == kMessage);
}
