// What one -l says: names, endpoints, keys and escapes, and each message for what is wrong.
#include <sys/un.h>

#include <chrono>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/listen_spec.h"
#include "tools/sluiced/small_services.h"

using sluice::Endpoint;
using sluice::ListenerOptions;
using sluice::tools::daemon::ListenSpec;
using sluice::tools::daemon::parse_listen_spec;
using namespace std::chrono_literals;

namespace {

ListenSpec parsed(const std::string& text) {
  try {
    return parse_listen_spec(text, 7s);
  } catch (const sluice::tools::UsageError& error) {
    cr_assert_fail("%s: %s", text.c_str(), error.what());
    throw;
  }
}

void expect_refused(const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)parse_listen_spec(text, 0s); }), why);
}

std::string greeting(const std::string& text) {
  const ListenSpec spec = parsed("greet=tcp://*:0,text=" + text);
  return spec.settings_as<sluice::tools::daemon::GreetSettings>().text;
}

}  // namespace

Test(listen_spec, reads_a_service_and_its_endpoint) {
  const ListenSpec spec = parsed("echo=tcp://127.0.0.1:7007");
  cr_expect(spec.service->name == "echo");
  cr_expect(spec.endpoint == Endpoint::from("tcp://127.0.0.1:7007"));
  cr_expect(spec.settings == nullptr);
}

Test(listen_spec, without_keys_nothing_is_limited) {
  const ListenSpec spec = parsed("echo=tcp://127.0.0.1:7007");
  cr_expect(spec.stream.connection.idle_timeout == 7s);
  cr_expect(spec.stream.max_connections == ListenerOptions::kNoLimit);
  cr_expect(spec.stream.max_per_source == ListenerOptions::kNoLimit);
  cr_expect(!spec.stream.mode);
  cr_expect(!spec.stream.reuse_port);
}

Test(listen_spec, reads_every_service_over_every_transport_that_it_runs_over) {
  for (const sluice::tools::daemon::Service* service : sluice::tools::daemon::all_services()) {
    for (const std::string endpoint : {"tcp://[::1]:0", "udp://*:0", "unix:///tmp/x"}) {
      const auto scheme = Endpoint::from(endpoint).scheme();
      if (!service->runs_over(scheme)) continue;
      const std::string text = service->name == "greet" ? ",text=x" : "";
      const ListenSpec spec = parsed(std::string(service->name) + '=' + endpoint + text);
      cr_expect(spec.service == service);
      cr_expect(spec.endpoint.scheme() == scheme);
    }
  }
}

Test(listen_spec, reads_every_key) {
  const ListenSpec tcp = parsed("echo=tcp://*:0,idle=30s,max=1000,per-source=20,reuse-port=on");
  cr_expect(tcp.stream.connection.idle_timeout == 30s);
  cr_expect(tcp.stream.max_connections == 1000);
  cr_expect(tcp.stream.max_per_source == 20);
  cr_expect(tcp.stream.reuse_port);
  cr_expect(parsed("echo=udp://*:0,reuse-port=on").datagram.reuse_port);
  cr_expect(!parsed("echo=udp://*:0,reuse-port=off").datagram.reuse_port);
  cr_expect(parsed("echo=unix:///run/x,mode=0660").stream.mode == 0660U);
  cr_expect(greeting("hello") == "hello");
}

Test(listen_spec, idle_off_overrides_the_default) {
  cr_expect(parsed("echo=tcp://*:0,idle=off").stream.connection.idle_timeout == 0s);
}

Test(listen_spec, a_path_may_hold_any_character) {
  const auto path_of = [](const std::string& text) {
    return parsed(text).endpoint.address().path();
  };
  cr_expect(path_of("echo=unix:///run/a=b") == "/run/a=b");
  cr_expect(path_of("echo=unix:///run/a\\,b,max=1") == "/run/a,b");
  cr_expect(path_of("echo=unix:///run/a\\\\b") == "/run/a\\b");
  cr_expect(path_of("echo=unix://relative") == "relative");
}

Test(listen_spec, a_value_may_hold_any_character) {
  cr_expect(greeting("Hello\\, world.") == "Hello, world.");
  cr_expect(greeting("a=b=c") == "a=b=c");
  cr_expect(greeting("one\\ntwo\\r\\n") == "one\ntwo\r\n");
  cr_expect(greeting("\\\\n") == "\\n");
  cr_expect(greeting("real\nnewline") == "real\nnewline");
  cr_expect(greeting("").empty());
  cr_expect(greeting("ü \xFF") == "ü \xFF");
}

Test(listen_spec, names_what_is_wrong_with_the_service) {
  const std::string names =
      "echo, discard, chargen, daytime, time, upper, greet, framed, chat and broadcast";
  expect_refused("echo",
                 "there is no = after the service name; allowed: "
                 "NAME=ENDPOINT[,KEY=VALUE]...");
  expect_refused("", "there is no = after the service name; allowed: NAME=ENDPOINT[,KEY=VALUE]...");
  expect_refused("http=tcp://*:80", "unknown service \"http\"; allowed: " + names);
  expect_refused("Echo=tcp://*:80", "unknown service \"Echo\"; allowed: " + names);
  expect_refused("=tcp://*:80", "unknown service \"\"; allowed: " + names);
  expect_refused("e\ncho=tcp://*:80", "unknown service \"e\\x0acho\"; allowed: " + names);
}

Test(listen_spec, names_what_is_wrong_with_the_endpoint) {
  expect_refused("echo=tcp://127.0.0.1:99999", "port 99999 is not in 0-65535");
  expect_refused("echo=http://127.0.0.1:80", "scheme \"http\" is not tcp, udp or unix");
  expect_refused("greet=udp://*:0,text=x", "greet does not run over udp; allowed: tcp and unix");
}

Test(listen_spec, names_the_keys_that_are_valid) {
  expect_refused("echo=tcp://*:0,color=red",
                 "unknown key \"color\"; allowed for echo over tcp: idle, max, per-source "
                 "and reuse-port");
  expect_refused("echo=tcp://*:0,mode=0660",
                 "key \"mode\" is not valid for echo over tcp; allowed: idle, max, per-source "
                 "and reuse-port");
  expect_refused("echo=udp://*:0,idle=5s",
                 "key \"idle\" is not valid for echo over udp; allowed: reuse-port");
  expect_refused("greet=unix:///x,per-source=5",
                 "key \"per-source\" is not valid for greet over unix; allowed: idle, max, mode "
                 "and text");
}

Test(listen_spec, names_what_is_wrong_with_a_key) {
  expect_refused("echo=tcp://*:0,max=1,max=2", "key max is given twice; give it once");
  expect_refused("echo=tcp://*:0,max", "\"max\" is not KEY=VALUE");
  expect_refused("echo=tcp://*:0,", "\"\" is not KEY=VALUE");
  expect_refused("echo=tcp://*:0,max=0", "max \"0\" is not a decimal number in 1-4294967295");
  expect_refused("echo=tcp://*:0,per-source=x",
                 "per-source \"x\" is not a decimal number in 1-4294967295");
  expect_refused("echo=tcp://*:0,reuse-port=yes", "reuse-port \"yes\" is not on or off");
  expect_refused("echo=unix:///x,mode=9", "mode \"9\" is not an octal number in 0-0777");
  expect_refused("echo=tcp://*:0,idle=30",
                 "idle \"30\" has no unit; allowed: 1ms-365d in ms, s, m, h or d, or 0 or off");
  expect_refused("greet=tcp://*:0", "key text is missing; greet needs text=TEXT");
}

Test(listen_spec, names_an_escape_that_does_not_exist) {
  const std::string allowed = R"( is not an escape; allowed: \, \\ \n and \r)";
  expect_refused("greet=tcp://*:0,text=a\\x41", "\"\\x\"" + allowed);
  expect_refused("greet=tcp://*:0,text=a\\", "\"\\\"" + allowed);
  expect_refused("echo=unix:///a\\ b", "\"\\ \"" + allowed);
}

Test(listen_spec, every_key_is_allowed_somewhere) {
  for (const sluice::tools::daemon::Service* service : sluice::tools::daemon::all_services()) {
    for (const auto keys : {sluice::tools::daemon::common_keys(), service->keys}) {
      for (const sluice::tools::daemon::ListenKey& key : keys) {
        bool fits = false;
        for (const auto scheme :
             {sluice::Scheme::tcp, sluice::Scheme::udp, sluice::Scheme::unix_stream}) {
          fits = fits || ((service->runs_over(scheme) || keys.data() != service->keys.data()) &&
                          key.applies(scheme));
        }
        cr_expect(fits, "%s", std::string(key.name).c_str());
      }
    }
  }
}
