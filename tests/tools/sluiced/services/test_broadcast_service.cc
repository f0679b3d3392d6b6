// The service broadcast: what its keys set, what they refuse, and what it says of the host.
#include <chrono>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/usage.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/services/broadcast_service.h"

using sluice::BroadcastOptions;
using sluice::Endpoint;
using sluice::test::ip;
using sluice::tools::daemon::broadcast_message;
using sluice::tools::daemon::BroadcastPlan;
using sluice::tools::daemon::derive_broadcast;
using sluice::tools::daemon::ListenSpec;
using sluice::tools::daemon::parse_listen;
using namespace std::chrono_literals;

namespace {

BroadcastPlan parsed(const std::string& keys) {
  return derive_broadcast(parse_listen("broadcast=udp://*:12345" + keys, {}).settings);
}

void expect_refused(const std::string& keys, const std::string& why,
                    const std::string& endpoint = "udp://*:12345") {
  const std::string text = "broadcast=" + endpoint + keys;
  expect_message(text, usage_error_of([&] { (void)parse_listen(text, {}); }), why);
}

std::string message_of(const std::vector<std::string>& specs) {
  std::vector<ListenSpec> all;
  for (const std::string& text : specs) all.push_back(parse_listen(text, {}));
  return broadcast_message("attic", all);
}

}  // namespace

Test(broadcast_service, needs_no_key) {
  const BroadcastPlan plan = parsed("");
  cr_expect(plan.options.message.empty());
  cr_expect(plan.options.announce == 0ms);
  cr_expect(plan.options.interface.empty());
  cr_expect(plan.options.group.is_unspecified());
  cr_expect(!plan.control);
}

Test(broadcast_service, reads_every_key) {
  const BroadcastPlan plan = parsed(
      ",message=attic\\, here,announce=5s,interface=eth0,group=ff05::c,control=/run/b.sock,"
      "answers=100,answers-per-source=7");
  cr_expect(plan.options.message == "attic, here");
  cr_expect(plan.options.announce == 5s);
  cr_expect(plan.options.interface == "eth0");
  cr_expect(plan.options.group == ip("ff05::c"));
  cr_expect(plan.options.answers_per_second == 100);
  cr_expect(plan.options.answers_per_source == 7);
  cr_expect(plan.control == Endpoint::from("unix:///run/b.sock"));
}

Test(broadcast_service, announces_not_at_all_when_that_is_off) {
  for (const char* never : {"0", "off"}) {
    const BroadcastPlan plan = parsed(std::string(",announce=") + never);
    cr_expect(plan.options.announce == 0ms);
  }
  const BroadcastPlan plan = parsed(",announce=100ms");
  cr_expect(plan.options.announce == 100ms);
}

Test(broadcast_service, names_what_is_wrong_with_a_key) {
  expect_refused(",message=", "message has 0 bytes; allowed: 1-1400");
  expect_refused(",message=" + std::string(1401, 'x'), "message has 1401 bytes; allowed: 1-1400");
  expect_refused(",announce=99ms",
                 "announce \"99ms\" is too short; allowed: 100ms-365d, or 0 or off");
  expect_refused(",announce=5",
                 "announce \"5\" has no unit; allowed: 1ms-365d in ms, s, m, h or d, or 0 or "
                 "off");
  for (const std::string name : {"", "a/b", "sixteen-letters-"}) {
    expect_refused(",interface=" + name, "interface \"" + name +
                                             "\" is not an interface name; allowed: 1-15 bytes "
                                             "without /");
  }
  for (const std::string group : {"", "239.1.2.3", "fe80::1", "ff02::1%lo", "::ffff:239.1.2.3"}) {
    expect_refused(
        ",group=" + group,
        "group \"" + group + "\" is not an IPv6 multicast address without a zone, such as ff02::1");
  }
  for (const std::string path : {"", "@abstract"}) {
    expect_refused(",control=" + path, "control \"" + path +
                                           "\" is not a path of 1-107 bytes that does not start "
                                           "with @");
  }
  expect_refused(",answers=0", "answers 0 is not in 1-4294967295");
  expect_refused(",answers-per-source=x",
                 "answers-per-source \"x\" is not a decimal number in 1-4294967295");
}

Test(broadcast_service, names_what_does_not_go_together) {
  expect_refused(",group=ff02::1",
                 "group is not valid for udp://0.0.0.0:12345, which is IPv4 only; allowed: "
                 "udp://*:PORT and udp://[::]:PORT",
                 "udp://0.0.0.0:12345");
  expect_refused("", "broadcast does not run over tcp; allowed: udp", "tcp://*:12345");
}

Test(broadcast_service, names_the_keys_that_fit) {
  expect_refused(",color=red",
                 "unknown key \"color\"; allowed for broadcast over udp: ipv6-prefix, answers, "
                 "answers-per-source, reuse-port, allow, deny, name, message, announce, interface, "
                 "group, house, control, message-timeout and first-message-timeout");
  for (const std::string key : {"message-timeout", "first-message-timeout"}) {
    expect_refused("," + key + "=2m", key + " is for the control socket; give control=PATH");
  }
}

Test(broadcast_service, says_by_itself_what_the_host_serves) {
  cr_expect(message_of({}) == "attic");
  cr_expect(message_of({"echo=tcp://127.0.0.1:7007", "echo=udp://127.0.0.1:7007",
                        "broadcast=udp://*:12345", "upper=unix:///run/u.sock", "time=tcp://*:0",
                        "discard=tcp://*:9009"}) ==
            "attic: echo tcp/7007, echo udp/7007, discard tcp/9009");
}

Test(broadcast_service, says_no_more_than_a_message_may_hold) {
  const std::vector<std::string> many(200, "discard=tcp://*:9009");
  const std::string message = message_of(many);
  cr_expect(message.size() <= BroadcastOptions::kMaxMessage);
  cr_expect(message.size() > BroadcastOptions::kMaxMessage - 30);
  cr_expect(message.ends_with("discard tcp/9009"));
}
