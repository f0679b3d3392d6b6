// From what is written of a service to its settings, and each message for what is wrong.
#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/config/listen_reader.h"
#include "tools/sluiced/endpoints/socket_keys.h"
#include "tools/sluiced/services/service_kinds.h"
#include "tools/sluiced/services/small_services.h"

using namespace sluice;
using namespace sluice::tools;
using namespace sluice::tools::daemon;
using namespace std::chrono_literals;

namespace {

Settings idle_by_default() {
  Settings defaults;
  defaults.set(kIdleKey, std::chrono::milliseconds(7s));
  return defaults;
}

ListenSpec parsed(const std::string& text) {
  try {
    return parse_listen(text, idle_by_default());
  } catch (const UsageError& error) {
    cr_assert_fail("%s: %s", text.c_str(), error.what());
    throw;
  }
}

std::vector<std::string> errors_of(const std::string& text) {
  try {
    (void)parse_listen(text, {});
  } catch (const UsageError& error) {
    return error.messages();
  }
  return {};
}

// One error, and no other.
void expect_refused(const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)parse_listen(text, {}); }), why);
}

std::string greeting(const std::string& text) {
  return parsed("greet=tcp://*:0,text=" + text).settings.get(kGreetText);
}

}  // namespace

Test(listen_reader, reads_a_kind_and_an_endpoint) {
  const ListenSpec spec = parsed("echo=tcp://127.0.0.1:7007");
  cr_expect(spec.kind == "echo");
  cr_expect(spec.endpoint() == Endpoint::from("tcp://127.0.0.1:7007"));
}

Test(listen_reader, keeps_a_host_name_to_be_looked_up) {
  const ListenSpec spec = parsed("echo=tcp://localhost:7");
  cr_expect(not spec.target.endpoint.has_value());
  cr_expect(spec.target.host.name == "localhost");
  cr_expect(spec.target.port() == 7);
  cr_expect(spec.scheme() == Scheme::tcp);
}

Test(listen_reader, reads_every_kind_over_every_scheme_that_it_runs_over) {
  for (const ServiceKind* kind : all_kinds()) {
    for (std::string endpoint : {"tcp://[::1]:0", "udp://*:0", "unix:///tmp/x"}) {
      const Scheme scheme = Endpoint::from(endpoint).scheme();
      if (kind->speaks_http && scheme == Scheme::tcp) endpoint.replace(0, 3, "http");
      if (!kind->runs_over(scheme)) continue;
      const std::string text = kind->name == "greet" ? ",text=x" : "";
      const ListenSpec spec = parsed(std::string(kind->name) + '=' + endpoint + text);
      cr_expect(&kind_of(spec) == kind);
      cr_expect(spec.scheme() == scheme);
      cr_expect(spec.written(spec.endpoint()) == endpoint);
    }
  }
}

Test(listen_reader, reads_the_endpoints_of_websockets) {
  for (const std::string kind : {"echo", "framed", "relay"}) {
    for (const std::string endpoint : {"ws://[::1]:0", "ws+unix:///tmp/x"}) {
      const ListenSpec spec =
          parsed(kind + '=' + endpoint + ",origin=https://a https://b,ping=off");
      cr_expect(spec.speaks_websocket());
      cr_expect(spec.written(spec.endpoint()) == endpoint);
    }
    cr_expect(not parsed(kind + "=tcp://*:0").speaks_websocket());
  }
  cr_expect(parsed("echo=ws://*:0").scheme() == Scheme::tcp);
  cr_expect(parsed("echo=wss://*:0,cert=c").layer == "wss");
  cr_expect(parsed("echo=ws://*:0,tls=on,cert=c").layer == "wss");
  expect_refused("greet=ws://*:0,text=x", "greet does not run over ws; allowed: tcp, tls and unix");
  expect_refused(
      "framed=ws://*:0,framing=line",
      "key \"framing\" is not valid for framed over ws; allowed: idle, max, per-source, "
      "connect-rate, connect-rate-per-source, ipv6-prefix, reuse-port, allow, deny, "
      "proxy, tls, cert, key, sni, ocsp, client-ca, client-cert, alpn, name, max-message, "
      "reply, message-timeout, first-message-timeout, origin, ping and deflate");
  expect_refused("framed=ws://*:0,max-message=0", "max-message 0 is not in 1-4294967295");
}

Test(listen_reader, gives_a_default_to_each_service_that_has_the_key) {
  cr_expect(parsed("echo=tcp://*:0").settings.get(kIdleKey) == 7s);
  cr_expect(parsed("echo=tcp://*:0,idle=off").settings.get(kIdleKey) == 0s);
  cr_expect(parsed("echo=tcp://*:0,idle=1s").settings.get(kIdleKey) == 1s);
  cr_expect(not parsed("echo=udp://*:0").settings.has(kIdleKey));
}

Test(listen_reader, the_same_text_makes_equal_settings) {
  const std::string text = "chat=tcp://*:0,rate=5/10,greeting=hi,slow=drop";
  cr_expect(parsed(text).settings == parsed(text).settings);
  cr_expect(not(parsed(text).settings == parsed(text + ",burst=3").settings));
}

Test(listen_reader, a_path_and_a_value_may_hold_any_character) {
  cr_expect(parsed("echo=unix:///run/a\\,b,max=1").endpoint().address().path() == "/run/a,b");
  cr_expect(parsed("echo=unix://relative").endpoint().address().path() == "relative");
  cr_expect(greeting("Hello\\, world.") == "Hello, world.");
  cr_expect(greeting("real\nnewline") == "real\nnewline");
  cr_expect(greeting("").empty());
  cr_expect(greeting("\xC3\xBC \xFF") == "\xC3\xBC \xFF");
}

Test(listen_reader, names_what_is_wrong_with_the_kind) {
  const std::string names =
      "; allowed: echo, discard, chargen, daytime, time, upper, greet, framed, chat, irc, relay, "
      "broadcast, metrics and web";
  expect_refused("http=tcp://*:80", "unknown service \"http\"" + names);
  expect_refused("=tcp://*:80", "unknown service \"\"" + names);
  expect_refused("e\ncho=tcp://*:80", "unknown service \"e\\x0acho\" (did you mean echo?)" + names);
  expect_refused("Echo=tcp://*:80", "unknown service \"Echo\" (did you mean echo?)" + names);
  expect_refused("dicsard=tcp://*:9",
                 "unknown service \"dicsard\" (did you mean discard?)" + names);
}

Test(listen_reader, names_what_is_wrong_with_the_endpoint) {
  expect_refused("echo=tcp://127.0.0.1:99999", "port 99999 is not in 0-65535");
  expect_refused("echo=http://127.0.0.1:80",
                 "echo does not run over http; allowed: tcp, tls, ws, wss, udp, unix and ws+unix");
  expect_refused("echo=ftp://127.0.0.1:80", "scheme \"ftp\" is not tcp, udp or unix");
  expect_refused("metrics=tcp://*:1",
                 "metrics does not run over tcp; allowed: http, https and unix");
  expect_refused("metrics=ftp://*:1",
                 "metrics does not run over ftp; allowed: http, https and unix");
  expect_refused("metrics=*:1", "\"*:1\" has no scheme; allowed: http, https and unix");
  expect_refused("metrics=http://*:99999", "port 99999 is not in 0-65535");
  expect_refused("greet=udp://*:0,text=x",
                 "greet does not run over udp; allowed: tcp, tls and unix");
  expect_refused("broadcast=tcp://*:1", "broadcast does not run over tcp; allowed: udp");
}

Test(listen_reader, names_the_keys_that_a_service_has_there) {
  const std::string tcp =
      "; allowed for echo over tcp: idle, max, per-source, connect-rate, connect-rate-per-source, "
      "ipv6-prefix, reuse-port, allow, deny, proxy, tls, cert, key, sni, ocsp, client-ca, "
      "client-cert, "
      "alpn and "
      "name";
  expect_refused("echo=tcp://*:0,color=red", "unknown key \"color\"" + tcp);
  expect_refused(
      "echo=tcp://*:0,mode=0660",
      "key \"mode\" is not valid for echo over tcp; allowed: idle, max, per-source, "
      "connect-rate, connect-rate-per-source, ipv6-prefix, reuse-port, allow, deny, proxy, "
      "tls, cert, key, sni, ocsp, client-ca, client-cert, alpn "
      "and name");
  expect_refused("echo=udp://*:0,idle=5s",
                 "key \"idle\" is not valid for echo over udp; allowed: ipv6-prefix, answers, "
                 "answers-per-source, reuse-port, allow, deny and name");
  expect_refused(
      "greet=unix:///x,text=a,per-source=5",
      "key \"per-source\" is not valid for greet over unix; allowed: idle, max, "
      "connect-rate, mode, allow-users, tls, cert, key, sni, ocsp, client-ca, client-cert, "
      "alpn, name and text");
}

Test(listen_reader, suggests_the_nearest_key) {
  const std::string tcp =
      "; allowed for echo over tcp: idle, max, per-source, connect-rate, connect-rate-per-source, "
      "ipv6-prefix, reuse-port, allow, deny, proxy, tls, cert, key, sni, ocsp, client-ca, "
      "client-cert, "
      "alpn and "
      "name";
  expect_refused("echo=tcp://*:0,idel=5s", "unknown key \"idel\" (did you mean idle?)" + tcp);
  expect_refused("echo=tcp://*:0,reuseport=on",
                 "unknown key \"reuseport\" (did you mean reuse-port?)" + tcp);
}

Test(listen_reader, names_what_is_wrong_with_a_key) {
  expect_refused("echo=tcp://*:0,max=1,max=2", "key max is given twice; give it once");
  expect_refused("echo=tcp://*:0,max", "\"max\" is not KEY=VALUE");
  expect_refused("echo=tcp://*:0,max=0", "max 0 is not in 1-4294967295");
  expect_refused("greet=tcp://*:0", "key text is missing; greet needs text=TEXT");
}

Test(listen_reader, reports_every_error_at_once) {
  const std::vector<std::string> errors =
      errors_of("chat=tcp://*:0,rate=fast,maxline=9,slow=maybe,idle=3,burst,history=1001");
  cr_assert(errors.size() == 6);
  cr_expect(errors[0] == "\"burst\" is not KEY=VALUE");
  cr_expect(errors[1].starts_with("rate \"fast\" is not "));
  cr_expect(errors[2].starts_with("unknown key \"maxline\" (did you mean max-line?)"));
  cr_expect(errors[3].starts_with("slow \"maybe\" is not "));
  cr_expect(errors[4].starts_with("idle \"3\" has no unit"));
  cr_expect(errors[5].starts_with("history 1001 is not "));
}

Test(listen_reader, a_missing_key_is_one_error_among_others) {
  const std::vector<std::string> errors = errors_of("greet=tcp://*:0,max=0");
  cr_assert(errors.size() == 2);
  cr_expect(errors[0].starts_with("max 0 is not "));
  cr_expect(errors[1] == "key text is missing; greet needs text=TEXT");
}

Test(listen_reader, reports_what_does_not_go_together_once_each_value_is_allowed) {
  const std::vector<std::string> errors =
      errors_of("framed=udp://*:0,framing=fixed:65528,max-message=9,reply=text:short");
  cr_assert(errors.size() == 3);
  cr_expect(errors[0].starts_with("max-message: "));
  cr_expect(errors[1].starts_with("framing fixed:65528 is not valid over udp"));
  cr_expect(errors[2].starts_with("reply: "));
}

Test(listen_reader, an_error_knows_the_key_that_it_is_about) {
  SettingErrors errors;
  const WrittenListen written{"chat", "tcp://*:0", {{"rate", "fast"}, {"maxline", "9"}}};
  (void)read_spec(written, {}, errors);
  cr_assert(errors.size() == 2);
  cr_expect(errors[0].key == "rate");
  cr_expect(errors[1].key == "maxline");
}

Test(listen_reader, every_key_has_a_name_of_its_own_and_is_allowed_somewhere) {
  for (const ServiceKind* kind : all_kinds()) {
    std::set<std::string_view> names;
    for (const auto keys : {socket_keys(), kind->keys}) {
      for (const Key* key : keys) {
        cr_expect(names.insert(key->name()).second, "%s", std::string(key->name()).c_str());
        const bool own = keys.data() == kind->keys.data();
        bool fits = false;
        for (const Scheme scheme : {Scheme::tcp, Scheme::udp, Scheme::unix_stream}) {
          fits = fits || ((kind->runs_over(scheme) || !own) && key->text().applies(scheme));
        }
        cr_expect(fits, "%s", std::string(key->name()).c_str());
      }
    }
  }
}

Test(listen_reader, every_default_is_a_value_that_its_key_reads) {
  for (const ServiceKind* kind : all_kinds()) {
    for (const auto keys : {socket_keys(), kind->keys}) {
      for (const Key* key : keys) {
        const auto value = key->fallback();
        cr_expect(!key->allowed().empty());
        if (!value) continue;
        cr_expect(key->read(key->write(*value)) == *value, "%s", std::string(key->name()).c_str());
      }
    }
  }
}
