// A UDP service with a function: which requests it gets, and which of its answers are sent.
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/text.h"
#include "support/udp_probe.h"
#include <sluice/datagram_service.h>
#include <sluice/loop.h>
#include <sluice/reply_guard.h>

using sluice::Address;
using sluice::AnswerSize;
using sluice::DatagramAnswer;
using sluice::DatagramOptions;
using sluice::DatagramService;
using sluice::Endpoint;
using sluice::Loop;
using sluice::ReplyGuard;
using sluice::Report;
using sluice::test::own_loopback;
using sluice::test::text_of;
using sluice::test::UdpProbe;

namespace {

struct World {
  World() {
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }

  Loop loop{backend_options()};
  std::vector<Report> reports;
  ReplyGuard guard{loop};
  Endpoint any = Endpoint::from("udp://127.0.0.1:0");
  UdpProbe probe;
};

// Answers "N" with N bytes.
std::span<const std::byte> as_many(std::span<const std::byte> request, std::span<std::byte> room) {
  const std::size_t count = std::stoul(text_of(request));
  std::ranges::fill(room.first(count), std::byte{'a'});
  return room.first(count);
}

}  // namespace

Test(datagram_service, returns_the_port_that_the_system_assigned) {
  World world;
  const DatagramService service(world.loop, world.any, world.guard, as_many);
  cr_expect(service.endpoint().address().port() != 0);
  cr_expect(service.endpoint().to_string().rfind("udp://127.0.0.1:", 0) == 0);
}

Test(datagram_service, throws_if_the_address_is_in_use) {
  World world;
  const DatagramService service(world.loop, world.any, world.guard, as_many);
  try {
    const DatagramService second(world.loop, service.endpoint(), world.guard, as_many);
    cr_assert_fail("nothing was thrown");
  } catch (const std::system_error& error) {
    cr_expect(error.code() == std::errc::address_in_use);
  }
}

Test(datagram_service, passes_each_request_to_its_function) {
  World world;
  std::vector<std::string> seen;
  const DatagramService service(world.loop, world.any, world.guard,
                                [&seen](auto request, auto room) {
                                  seen.push_back(text_of(request));
                                  cr_expect(room.size() == DatagramService::kMaxAnswer);
                                  return request;
                                });
  const Address to = service.endpoint().address();
  (void)world.probe.ask(world.loop, "one", to);
  (void)world.probe.ask(world.loop, "", to);
  cr_expect((seen == std::vector<std::string>{"one", ""}));
}

Test(datagram_service, sends_no_answer_that_is_longer_than_its_request) {
  World world;
  const DatagramService service(world.loop, world.any, world.guard, as_many);
  const Address to = service.endpoint().address();
  world.probe.send("3", to);
  world.probe.send("03", to);
  cr_expect(world.probe.ask(world.loop, "002", to) == "aa");
  cr_expect(!world.probe.waiting().has_value());
  cr_expect(world.probe.ask(world.loop, "003", to) == "aaa");
}

Test(datagram_service, sends_a_longer_answer_with_answer_size_any) {
  World world;
  const DatagramService service(world.loop, world.any, world.guard, as_many, AnswerSize::any);
  cr_expect(world.probe.ask(world.loop, "5", service.endpoint().address()) == "aaaaa");
}

Test(datagram_service, drops_all_requests_without_a_function) {
  World world;
  const DatagramService mute(world.loop, world.any, world.guard, {});
  const DatagramService service(world.loop, world.any, world.guard, as_many);
  world.probe.send("x", mute.endpoint().address());
  cr_expect(world.probe.ask(world.loop, "1", service.endpoint().address()) == "a");
  cr_expect(!world.probe.waiting().has_value());
}

Test(datagram_service, does_not_answer_a_truncated_request) {
  World world;
  DatagramOptions options;
  options.max_size = 4;
  const DatagramService service(
      world.loop, world.any, world.guard, [](auto request, auto) { return request; },
      AnswerSize::at_most_request, options);
  world.probe.send("12345", service.endpoint().address());
  cr_expect(world.probe.ask(world.loop, "1234", service.endpoint().address()) == "1234");
  cr_expect(!world.probe.waiting().has_value());
}

Test(datagram_service, asks_the_guard_before_it_calls_its_function) {
  World world;
  int asked = 0;
  const DatagramService service(world.loop, world.any, world.guard, [&asked](auto request, auto) {
    ++asked;
    return request;
  });
  const UdpProbe forger(own_loopback(2049));
  forger.send("x", service.endpoint().address());
  (void)world.probe.ask(world.loop, "y", service.endpoint().address());
  cr_expect(asked == 1);
  cr_expect(world.guard.refused() == 1);
  cr_assert(world.reports.size() == 1);
  cr_expect(world.reports[0].where == service.endpoint().to_string());
}

Test(datagram_service, removes_its_port_from_the_guard) {
  World world;
  const DatagramService stays(world.loop, world.any, world.guard, as_many);
  Address from;
  {
    const DatagramService goes(world.loop, world.any, world.guard, as_many);
    from = goes.endpoint().address();
  }
  const UdpProbe later(from);
  cr_expect(later.ask(world.loop, "1", stays.endpoint().address()) == "a");
}

Test(datagram_service, reports_an_answer_that_it_cannot_send_and_continues) {
  World world;
  const DatagramService service(world.loop, world.any, world.guard, as_many, AnswerSize::any);
  const Address to = service.endpoint().address();
  world.probe.send("65535", to);  // more than the maximum of a datagram
  world.probe.send("65535", to);
  cr_expect(world.probe.ask(world.loop, "2", to) == "aa");
  cr_assert(world.reports.size() == 1, "%zu reports", world.reports.size());
  cr_expect(world.reports[0].kind == Report::Kind::socket_error);
  cr_expect(world.reports[0].where == service.endpoint().to_string());
  cr_expect(world.reports[0].error == std::errc::message_size);
  cr_expect(world.reports[0].what.find(world.probe.address().to_string()) != std::string::npos);
}

Test(datagram_service, answers_a_source_only_so_often) {
  World world;
  const DatagramService service(world.loop, world.any, world.guard, as_many,
                                AnswerSize::at_most_request, {}, {.total = 10, .per_source = 3});
  for (int i = 0; i < 3; ++i) {
    cr_expect(world.probe.ask(world.loop, "1", service.endpoint().address()) == "a");
  }
  world.probe.send("1", service.endpoint().address());
  while (world.guard.refused() == 0) world.loop.run_once();
  cr_expect(!world.probe.waiting());
  cr_assert(world.reports.size() == 1);
  cr_expect(world.reports[0].what.ends_with("the limit on answers to one source"));
}
