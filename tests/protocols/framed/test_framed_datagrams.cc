// The framed service over UDP: whole datagrams of whole frames, or no answer.
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/codecs.h"
#include "support/network_namespace.h"
#include "support/streams.h"
#include "support/udp_probe.h"
#include <sluice/framed_datagrams.h>

using namespace sluice;
using namespace sluice::test;
using Kind = MessageReply::Kind;

namespace {

struct World {
  World(std::string_view name, Kind kind) : World(name, MessageReply(kind)) {}
  World(std::string_view name, const std::string& text)
      : World(name, MessageReply(*make_codec(name), text)) {}
  World(std::string_view name, MessageReply rule) : framing(name), reply(std::move(rule)) {
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }

  [[nodiscard]] const Address& to() const { return service.endpoint().address(); }
  std::string ask(std::string_view request) { return probe.ask(loop, request, to()); }
  // No answer arrives: the first answer is that to a later request.
  void expect_no_answer(std::string_view request, std::string_view fair) {
    probe.send(request, to());
    const std::string back = ask(fair);
    cr_expect(back == fair, "%s", back.c_str());
  }

  Framing framing;
  MessageReply reply;
  Loop loop{backend_options()};
  std::vector<Report> reports;
  ReplyGuard guard{loop};
  FramedDatagrams service{loop, Endpoint::from("udp://127.0.0.1:0"), guard, framing, reply};
  UdpProbe probe;
};

void shell(const std::string& command) {
  cr_assert(std::system(command.c_str()) == 0, "%s", command.c_str());
}

}  // namespace

Test(framed_datagrams, answers_the_frames_of_a_datagram_with_one_datagram) {
  World echo("decimal:3", Kind::echo);
  cr_expect(echo.ask("005hello000003yes") == "005hello000003yes");
  World upper("netstring", Kind::upper);
  cr_expect(upper.ask("5:hello,3:yes,") == "5:HELLO,3:YES,");
  World text("line", "ok");
  cr_expect(text.ask("hello\r\nyes\n") == "ok\nok\n");
  cr_expect(echo.reports.empty() && upper.reports.empty() && text.reports.empty());
}

Test(framed_datagrams, answers_the_largest_datagram) {
  World world("u16be", Kind::echo);
  const std::string largest = encoded(world.framing.codec(), std::string(65'505, 'x'));
  cr_assert(largest.size() == 65'507);
  cr_expect(world.ask(largest) == largest);
}

Test(framed_datagrams, answers_a_datagram_as_a_whole_or_not_at_all) {
  World world("decimal:3", Kind::echo);
  world.expect_no_answer("005hello003ye", "002ok");
  world.expect_no_answer("005hello0x3yes", "002ok");
  world.expect_no_answer("005hello00", "002ok");
  world.expect_no_answer("256" + std::string(256, 'x'), "002ok");
  world.expect_no_answer("", "002ok");
  cr_expect(world.service.faults() == 4);
}

Test(framed_datagrams, does_not_skip_frames_even_if_it_is_not_strict) {
  FramingOptions options{.limit = 5, .strict = false};
  Framing framing("line", options);
  MessageReply reply(Kind::echo);
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const FramedDatagrams service(loop, Endpoint::from("udp://127.0.0.1:0"), guard, framing, reply);
  const UdpProbe probe;
  probe.send("too long\nok\n", service.endpoint().address());
  cr_expect(probe.ask(loop, "fair\n", service.endpoint().address()) == "fair\n");
}

Test(framed_datagrams, reports_malformed_datagrams_once_a_second) {
  World world("decimal:3", Kind::echo);
  for (int i = 0; i < 10; ++i) world.expect_no_answer("005hello0x3yes", "002ok");
  cr_assert(world.reports.size() <= 3 && !world.reports.empty());
  const Report& report = world.reports[0];
  cr_expect(report.kind == Report::Kind::malformed);
  cr_expect(report.where == world.service.endpoint().to_string());
  cr_expect(report.what == world.probe.address().to_string() +
                               ": at byte 9 of a datagram: byte 0x78 in the length is not a "
                               "digit; allowed: 0-9; not answered");
}

Test(framed_datagrams, sends_no_answer_that_is_longer_than_its_request) {
  World text("decimal:3", "a long answer");
  text.expect_no_answer("002hi", "013a long answer");
  cr_assert(text.reports.size() == 1);
  cr_expect(text.reports[0].what.ends_with("no answer: the answer is longer than the request"));
  // The answer begins with an END, and the request does not.
  World slip("slip", Kind::echo);
  slip.expect_no_answer(from_hex("61 c0"), from_hex("c0 61 c0"));
}

Test(framed_datagrams, reports_an_answer_that_cannot_be_encoded) {
  World world("delimiter:41", Kind::upper);
  world.probe.send("bananaA", world.to());
  cr_expect(world.ask("bcdA") == "BCDA");
  cr_assert(world.reports.size() == 1);
  cr_expect(world.reports[0].what.find("no answer: the receiver would end the message") !=
            std::string::npos);
}

Test(framed_datagrams, checks_requests_even_if_it_answers_nothing) {
  World world("decimal:3", Kind::none);
  world.probe.send("002ok", world.to());
  world.probe.send("0x", world.to());
  turn_until(world.loop, [&] { return world.service.faults() == 1; });
  cr_expect(!world.probe.waiting());
}

Test(framed_datagrams, does_not_answer_requests_that_the_guard_refuses) {
  World world("decimal:3", Kind::echo);
  // Another service of this loop: the two would answer each other forever.
  world.guard.add_port(world.probe.address().port());
  for (std::uint32_t i = 0; i < sluice::AnswerLimits::kToServicePort; ++i) {
    cr_expect(world.ask("002ok") == "002ok");
  }
  world.probe.send("002ok", world.to());
  turn_until(world.loop, [&] { return world.guard.refused() == 1; });
  cr_expect(!world.probe.waiting());
}

Test(framed_datagrams, adds_its_port_to_the_guard_as_long_as_it_exists) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  Framing framing("line");
  MessageReply reply(Kind::echo);
  const Address unknown;
  Address from = Address::loopback(AF_INET, 1);
  const Datagram datagram{
      .data = {}, .from = from, .to = unknown, .interface = 0, .truncated = false};
  {
    const FramedDatagrams service(loop, Endpoint::from("udp://127.0.0.1:0"), guard, framing, reply);
    from.set_port(service.endpoint().address().port());
    cr_expect(guard.check(datagram) == ReplyGuard::Refusal::service_port);
  }
  cr_expect(guard.check(datagram) == ReplyGuard::Refusal::none);
}

Test(framed_datagrams, reports_an_answer_that_it_cannot_send) {
  if (std::system("nft --version >/dev/null 2>&1") != 0) cr_skip_test("there is no nft");
  enter_network_namespace();
  World world("line", Kind::echo);
  world.probe.send("hello\n", world.to());
  shell("nft add table t && nft 'add chain t o { type filter hook output priority 0; }'");
  shell("nft add rule t o meta l4proto udp drop");
  turn_until(world.loop, [&world] { return !world.reports.empty(); });
  cr_assert(world.reports.size() == 1, "%zu reports", world.reports.size());
  cr_expect(world.reports[0].kind == Report::Kind::socket_error);
  cr_expect(world.reports[0].where == world.service.endpoint().to_string());
  cr_expect(world.reports[0].what == "no answer over UDP to " + world.probe.address().to_string(),
            "%s", world.reports[0].what.c_str());
  cr_expect(world.reports[0].error == std::errc::operation_not_permitted, "%s",
            world.reports[0].error.message().c_str());
}
