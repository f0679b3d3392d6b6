// The keys that every service has, and the options of sockets that come from them.
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/endpoints/socket_keys.h"

using namespace sluice;
using namespace sluice::tools::daemon;
using namespace std::chrono_literals;

namespace {

Settings settings_of(const std::string& text) { return parse_listen(text, {}).settings; }

void expect_refused(const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)parse_listen(text, {}); }), why);
}

}  // namespace

Test(socket_keys, without_a_value_nothing_is_limited) {
  const ListenerOptions options = derive_listener(settings_of("echo=tcp://127.0.0.1:7007"));
  cr_expect(options.connection.idle_timeout == 0s);
  cr_expect(options.max_connections == ListenerOptions::kNoLimit);
  cr_expect(options.max_per_source == ListenerOptions::kNoLimit);
  cr_expect(!options.connect_rate && !options.connect_rate_per_source);
  cr_expect(options.source_prefix == 64);
  cr_expect(not options.mode.has_value());
  cr_expect(not options.reuse_port);
}

Test(socket_keys, set_the_options_of_a_listener) {
  const ListenerOptions tcp =
      derive_listener(settings_of("echo=tcp://*:0,idle=30s,max=1000,per-source=20,reuse-port=on"));
  cr_expect(tcp.connection.idle_timeout == 30s);
  cr_expect(tcp.max_connections == 1000);
  cr_expect(tcp.max_per_source == 20);
  cr_expect(tcp.reuse_port);
  const ListenerOptions rates = derive_listener(
      settings_of("echo=tcp://*:0,connect-rate=100/1,connect-rate-per-source=5/10,ipv6-prefix=56"));
  cr_assert(rates.connect_rate && rates.connect_rate_per_source);
  cr_expect(rates.connect_rate->interval == 10ms && rates.connect_rate->burst == 100);
  cr_expect(rates.connect_rate_per_source->interval == 2s);
  cr_expect(rates.connect_rate_per_source->burst == 5);
  cr_expect(rates.source_prefix == 56);
  const ListenerOptions local = derive_listener(settings_of("echo=unix:///run/x,mode=0660"));
  cr_assert(local.mode.has_value());
  cr_expect(*local.mode == 0660U);
}

Test(socket_keys, set_the_limits_on_answers) {
  const AnswerBudget budget =
      derive_answers(settings_of("echo=udp://*:0,answers=500,answers-per-source=7,ipv6-prefix=48"));
  cr_expect(budget.total == 500 && budget.per_source == 7 && budget.source_prefix == 48);
  const AnswerBudget without = derive_answers(settings_of("echo=udp://*:0"));
  cr_expect(without.total == 10'000 && without.per_source == 100 && without.source_prefix == 64);
}

Test(socket_keys, set_the_options_of_a_datagram_socket) {
  cr_expect(derive_datagram(settings_of("echo=udp://*:0,reuse-port=on")).reuse_port);
  cr_expect(not derive_datagram(settings_of("echo=udp://*:0,reuse-port=off")).reuse_port);
}

Test(socket_keys, name_what_is_wrong_with_a_value) {
  expect_refused("echo=tcp://*:0,max=0", "max 0 is not in 1-4294967295");
  expect_refused("echo=tcp://*:0,per-source=x",
                 "per-source \"x\" is not a decimal number in 1-4294967295");
  expect_refused("echo=tcp://*:0,reuse-port=yes", "reuse-port \"yes\" is not on or off");
  expect_refused("echo=unix:///x,mode=9", "mode \"9\" is not an octal number in 0-0777");
  expect_refused("echo=tcp://*:0,idle=30",
                 "idle \"30\" has no unit; allowed: 1ms-20d in ms, s, m, h or d, or 0 or off");
}
