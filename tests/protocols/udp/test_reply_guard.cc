// Which requests over UDP get no answer, and how refusals are reported.
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/udp_probe.h"
#include <sluice/datagram.h>
#include <sluice/datagram_service.h>
#include <sluice/echo.h>
#include <sluice/loop.h>
#include <sluice/reply_guard.h>

using sluice::Address;
using sluice::Datagram;
using sluice::DatagramService;
using sluice::echo_answer;
using sluice::Endpoint;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::ReplyGuard;
using sluice::Report;
using sluice::test::ip;
using sluice::test::own_loopback;
using sluice::test::UdpProbe;
using Refusal = ReplyGuard::Refusal;

namespace {

// A guard on virtual time, which checks invented datagrams.
struct World {
  World() {
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }
  Refusal check(const Address& from, const Address& to = {}, bool unicast = false) {
    return guard.check({.data = {},
                        .from = from,
                        .to = to,
                        .interface = 0,
                        .truncated = false,
                        .unicast = unicast});
  }
  bool allows(const Address& from, std::string_view where = "udp://192.0.2.1:7007") {
    const Address unknown;
    return guard.allows(
        {.data = {}, .from = from, .to = unknown, .interface = 0, .truncated = false}, where);
  }

  Loop loop{LoopOptions{.virtual_time = true}};
  std::vector<Report> reports;
  ReplyGuard guard{loop};
};

constexpr std::uint16_t kPort = 40'000;

}  // namespace

Test(reply_guard, allows_an_answer_to_a_host_on_the_network) {
  World world;
  for (const char* from : {"198.51.100.7", "10.0.0.1", "1.0.0.0", "223.255.255.255", "2001:db8::1",
                           "fe80::1", "::ffff:198.51.100.7"}) {
    cr_expect(world.check(ip(from, kPort)) == Refusal::none, "%s", from);
  }
}

Test(reply_guard, allows_an_answer_to_loopback) {
  World world;
  for (const char* from : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}) {
    cr_expect(world.check(ip(from, kPort)) == Refusal::none, "%s", from);
  }
}

Test(reply_guard, refuses_all_ports_below_1024_and_that_of_nfs) {
  World world;
  for (const char* from : {"127.0.0.1", "198.51.100.7", "2001:db8::1"}) {
    for (int port = 0; port <= 65'535; ++port) {
      const bool refused =
          world.check(ip(from, static_cast<std::uint16_t>(port))) == Refusal::reserved_port;
      cr_assert(refused == (port < 1024 || port == 2049), "port %d", port);
      if (port == 3'000) port = 65'000;
    }
  }
}

Test(reply_guard, refuses_a_source_that_is_not_a_single_host) {
  World world;
  for (const char* from :
       {"0.0.0.0", "0.1.2.3", "255.255.255.255", "255.0.0.1", "224.0.0.1", "239.255.255.250",
        "127.255.255.255", "::", "ff02::1", "ff0e::1", "::ffff:0.0.0.0", "::ffff:255.255.255.255",
        "::ffff:224.0.0.1", "::ffff:127.255.255.255"}) {
    cr_expect(world.check(ip(from, kPort)) == Refusal::source_address, "%s", from);
  }
}

Test(reply_guard, refuses_a_source_that_is_not_an_ip_address) {
  World world;
  cr_expect(world.check(Address()) != Refusal::none);
  cr_expect(world.check(*Address::from_path("/run/x")) != Refusal::none);
}

Test(reply_guard, treats_a_destination_that_is_not_an_ip_address_as_a_single_host) {
  World world;
  cr_expect(world.check(ip("198.51.100.7", kPort), Address(), true) == Refusal::none);
  cr_expect(world.check(ip("198.51.100.7", kPort), *Address::from_path("/run/x"), true) ==
            Refusal::none);
}

Test(reply_guard, has_a_text_for_each_refusal) {
  std::set<std::string_view> words;
  for (const Refusal each :
       {Refusal::none, Refusal::not_admitted, Refusal::reserved_port, Refusal::service_port,
        Refusal::source_address, Refusal::sent_to_many}) {
    words.insert(to_string(each));
  }
  cr_expect(words.size() == 6 && words.count("?") == 0);
  cr_expect(to_string(static_cast<Refusal>(99)) == "?");
}

Test(reply_guard, refuses_a_request_that_was_sent_to_many_hosts) {
  World world;
  const Address from = ip("198.51.100.7", kPort);
  for (const char* to :
       {"255.255.255.255", "224.0.0.1", "127.255.255.255", "ff02::1", "::ffff:224.0.0.1"}) {
    cr_expect(world.check(from, ip(to, 7)) == Refusal::sent_to_many, "%s", to);
    cr_expect(world.check(from, ip(to, 7), true) == Refusal::sent_to_many, "%s", to);
  }
  for (const char* to : {"198.51.100.1", "127.0.0.1", "::1", "fe80::1"}) {
    cr_expect(world.check(from, ip(to, 7), true) == Refusal::none, "%s", to);
    cr_expect(world.check(from, ip(to, 7), false) == Refusal::sent_to_many, "%s", to);
  }
}

Test(reply_guard, allows_requests_to_many_hosts_for_a_discoverable_service) {
  World world;
  const Address from = ip("198.51.100.7", kPort);
  const auto check = [&world](const Address& source, const Address& to) {
    return world.guard.check(
        {.data = {}, .from = source, .to = to, .interface = 0, .truncated = false},
        sluice::RequestsTo::any);
  };
  world.guard.add_port(7007);
  for (const char* to : {"255.255.255.255", "127.255.255.255", "ff02::1"}) {
    cr_expect(check(from, ip(to, 7)) == Refusal::none, "%s", to);
    cr_expect(check(ip("198.51.100.7", 53), ip(to, 7)) == Refusal::reserved_port);
    cr_expect(check(ip("198.51.100.7", 7007), ip(to, 7)) == Refusal::service_port);
    cr_expect(check(ip("224.0.0.1", kPort), ip(to, 7)) == Refusal::source_address);
  }
}

Test(reply_guard, distinguishes_a_request_to_many_hosts_from_one_to_this_host) {
  World world;
  const Address from = ip("198.51.100.7", kPort);
  const auto many = [&](const Address& to, bool unicast) {
    return world.guard.is_sent_to_many({.data = {},
                                        .from = from,
                                        .to = to,
                                        .interface = 0,
                                        .truncated = false,
                                        .unicast = unicast});
  };
  cr_expect(many(ip("127.255.255.255", 7), true));
  cr_expect(many(ip("198.51.100.1", 7), false));
  cr_expect(!many(ip("198.51.100.1", 7), true));
  cr_expect(!many(ip("0.0.0.0", 7), false));
}

Test(reply_guard, allows_a_request_whose_destination_is_not_known) {
  World world;
  for (const Address& to : {Address(), ip("0.0.0.0", 7), ip("::", 7)}) {
    cr_expect(world.check(ip("198.51.100.7", kPort), to) == Refusal::none);
  }
}

Test(reply_guard, refuses_the_ports_of_its_services) {
  World world;
  world.guard.add_port(7007);
  cr_expect(world.check(ip("127.0.0.1", 7007)) == Refusal::service_port);
  cr_expect(world.check(ip("198.51.100.7", 7007)) == Refusal::service_port);
  cr_expect(world.check(ip("198.51.100.7", 7008)) == Refusal::none);
  world.guard.remove_port(7007);
  cr_expect(world.check(ip("127.0.0.1", 7007)) == Refusal::none);
}

Test(reply_guard, keeps_a_port_that_was_added_twice_until_it_is_removed_twice) {
  World world;
  world.guard.add_port(7007);
  world.guard.add_port(7007);
  world.guard.remove_port(7007);
  cr_expect(world.check(ip("127.0.0.1", 7007)) == Refusal::service_port);
  world.guard.remove_port(7007);
  cr_expect(world.check(ip("127.0.0.1", 7007)) == Refusal::none);
  world.guard.remove_port(7007);
}

Test(reply_guard, gives_the_ports_of_its_services_few_answers_if_there_are_limits) {
  World world;
  sluice::AnswerLimits limits({});
  const Address unknown;
  const auto admit = [&](const Address& from) {
    return world.guard.admit(
        {.data = {}, .from = from, .to = unknown, .interface = 0, .truncated = false},
        "udp://192.0.2.1:7007", limits);
  };
  world.guard.add_port(7007);
  cr_expect(admit(ip("198.51.100.7", 53)) == Refusal::reserved_port);
  // An ordinary client may have that port by chance.
  for (std::uint32_t i = 0; i < sluice::AnswerLimits::kToServicePort; ++i) {
    cr_expect(admit(ip("198.51.100.7", 7007)) == Refusal::none);
  }
  cr_expect(admit(ip("198.51.100.7", 7007)) == Refusal::service_port);
  cr_expect(admit(ip("198.51.100.7", 7008)) == Refusal::source_limit);
  cr_expect(admit(ip("198.51.100.8", 7008)) == Refusal::none);
  cr_expect(world.guard.refused() == 3);
}

Test(reply_guard, reports_that_a_limit_on_answers_is_reached) {
  World world;
  sluice::AnswerLimits limits({.total = 2, .per_source = 1});
  const Address unknown;
  std::vector<Refusal> refusals;
  for (const char* from : {"198.51.100.7", "198.51.100.7", "198.51.100.8", "198.51.100.9"}) {
    const Address source = ip(from, kPort);
    refusals.push_back(world.guard.admit(
        {.data = {}, .from = source, .to = unknown, .interface = 0, .truncated = false},
        "udp://192.0.2.1:7007", limits));
    world.loop.advance(std::chrono::milliseconds(1));
  }
  const std::vector<Refusal> expected = {Refusal::none, Refusal::source_limit, Refusal::none,
                                         Refusal::total_limit};
  cr_expect(refusals == expected);
  world.loop.advance(std::chrono::seconds(1));
  cr_assert(world.reports.size() == 2);
  cr_expect(world.reports[0].what ==
            "no answer over UDP to 198.51.100.7:40000: the limit on answers to one source");
  cr_expect(world.reports[1].what ==
            "no answer over UDP to 198.51.100.9:40000: the limit on answers to all sources");
}

Test(reply_guard, counts_only_refusals) {
  World world;
  cr_expect(world.allows(ip("127.0.0.1", kPort)));
  cr_expect(world.guard.refused() == 0);
  cr_expect(world.reports.empty());
  cr_expect(!world.allows(ip("127.0.0.1", 53)));
  cr_expect(!world.allows(ip("224.0.0.1", kPort)));
  cr_expect(world.guard.refused() == 2);
  cr_expect(world.check(ip("127.0.0.1", 53)) == Refusal::reserved_port);
  cr_expect(world.guard.refused() == 2);
}

Test(reply_guard, reports_the_service_the_source_and_the_reason) {
  World world;
  (void)world.allows(ip("198.51.100.7", 53));
  cr_assert(world.reports.size() == 1);
  cr_expect(world.reports[0].kind == Report::Kind::refused);
  cr_expect(world.reports[0].where == "udp://192.0.2.1:7007");
  cr_expect(world.reports[0].what ==
                "no answer over UDP to 198.51.100.7:53: its port is below 1024 or 2049",
            "%s", world.reports[0].what.c_str());
  cr_expect(!world.reports[0].error);
}

Test(reply_guard, reports_a_flood_once_a_second_with_its_count) {
  World world;
  for (int i = 0; i < 10'000; ++i) (void)world.allows(ip("198.51.100.7", 53));
  (void)world.allows(ip("ff02::1", kPort), "udp://[::]:7007");
  cr_expect(world.reports.size() == 1);
  world.loop.advance(std::chrono::seconds(1));
  cr_assert(world.reports.size() == 2);
  cr_expect(world.reports[0].count + world.reports[1].count == 10'001);
  // The report describes the latest refusal.
  cr_expect(world.reports[1].where == "udp://[::]:7007");
  cr_expect(world.reports[1].what.find("[ff02::1]:40000") != std::string::npos, "%s",
            world.reports[1].what.c_str());
  cr_expect(world.reports[1].what.find("multicast") != std::string::npos);
}

Test(reply_guard, protects_a_service_on_every_kind_of_socket) {
  Loop loop(backend_options());
  std::vector<Report> reports;
  loop.set_reporter([&reports](const Report& report) { reports.push_back(report); });
  ReplyGuard guard(loop);
  // 0.0.0.0, one address, and a socket of both families: there the source is a mapped address.
  for (const char* at : {"udp://0.0.0.0:0", "udp://127.0.0.1:0", "udp://*:0"}) {
    const DatagramService echo(loop, Endpoint::from(at), guard, echo_answer);
    const Address to = Address::loopback(AF_INET, echo.endpoint().address().port());
    const UdpProbe forger(own_loopback(2049));
    const UdpProbe honest(own_loopback(0));
    const std::uint64_t before = guard.refused();
    forger.send("loop?", to);
    cr_expect(honest.ask(loop, "mine", to) == "mine");
    cr_expect(!forger.waiting().has_value(), "%s", at);
    cr_expect(guard.refused() == before + 1, "%s", at);
  }
  cr_assert(!reports.empty());
  cr_expect(reports[0].kind == Report::Kind::refused);
}

Test(reply_guard, keeps_a_service_from_answering_a_broadcast) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService echo(loop, Endpoint::from("udp://0.0.0.0:0"), guard, echo_answer);
  const std::uint16_t port = echo.endpoint().address().port();
  const UdpProbe probe(own_loopback(0));
  probe.allow_broadcast();
  probe.send("all of you?", ip("127.255.255.255", port));
  cr_expect(probe.ask(loop, "you?", Address::loopback(AF_INET, port)) == "you?");
  cr_expect(!probe.waiting().has_value());
  cr_expect(guard.refused() == 1);
}

Test(reply_guard, a_guard_of_one_service_has_a_rule_of_its_own_and_those_of_all) {
  World world;
  const Address admitted = ip("198.51.100.7", kPort);
  const Address unknown;
  ReplyGuard own(world.loop, world.guard,
                 [&](const Address& source) { return source.host() == admitted.host(); });
  const auto allows = [&](const Address& from) {
    return own.allows({.data = {}, .from = from, .to = unknown, .interface = 0, .truncated = false},
                      "here");
  };
  cr_expect(allows(admitted));
  cr_expect(not allows(ip("198.51.100.8", kPort)));
  cr_expect(world.reports.size() == 1 && world.reports[0].where == "here");
  cr_expect(world.allows(ip("198.51.100.8", kPort)), "the rule is of one service");
  // Ports are those of all, in both directions.
  own.add_port(kPort);
  cr_expect(world.check(admitted) == Refusal::service_port);
  cr_expect(not allows(admitted));
  own.remove_port(kPort);
  cr_expect(allows(admitted));
  cr_expect(not allows(ip("198.51.100.7", 53)));
  cr_expect(own.refused() == 3 && world.guard.refused() == 3);
}
