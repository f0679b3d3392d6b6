// sluiced.conf(5): what the tables mean, and every message with its place.
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluiced/config/config_reader.h"
#include "tools/sluiced/endpoints/socket_keys.h"

using namespace sluice;
using namespace sluice::tools::daemon;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

using Files = std::map<std::string, std::string>;

struct Result {
  Config config;
  Lines faults;
};

// `files` are those that "more/*" includes.
Result read(const std::string& text, const Files& files = {}, const Settings& defaults = {}) {
  const auto included = [&files](const std::string& pattern, const TomlPlace& place,
                                 ConfigFaults& faults) {
    std::vector<ConfigText> texts;
    if (pattern != "more/*") faults.add(place, "no " + pattern);
    for (const auto& [name, content] : files) texts.push_back({name, content});
    return texts;
  };
  ConfigFaults faults;
  Result result;
  result.config = read_config({"x.conf", text}, included, defaults, faults);
  result.faults = faults.lines();
  return result;
}

Config valid(const std::string& text, const Files& files = {}, const Settings& defaults = {}) {
  Result result = read(text, files, defaults);
  cr_assert(result.faults.empty(), "%s", result.faults[0].c_str());
  return result.config;
}

void expect_faults(const std::string& text, const Lines& wanted, const Files& files = {}) {
  const Lines faults = read(text, files).faults;
  for (std::size_t i = 0; i < faults.size() || i < wanted.size(); ++i) {
    const std::string got = i < faults.size() ? faults[i] : "(nothing)";
    const std::string want = i < wanted.size() ? wanted[i] : "(nothing)";
    cr_expect(got == want, "%s\nis not\n%s", got.c_str(), want.c_str());
  }
}

const std::string kEcho = "[[service]]\nkind = \"echo\"\nlisten = \"tcp://127.0.0.1:0\"\n";

}  // namespace

Test(config_reader, an_empty_file_sets_nothing) {
  const Config config = valid("# nothing\n");
  cr_expect(config.listen.empty());
  cr_expect(not config.backend && not config.max_connections && not config.drain_timeout);
}

Test(config_reader, reads_what_holds_for_the_daemon) {
  const Config config = valid(
      "backend = \"poll\"\nworkers = 4\nuser = \"_sluiced\"\nchroot = "
      "\"/var/empty\"\n[limits]\nmax-connections "
      "= 10000\nmax-memory = "
      "\"64M\"\ndrain-timeout "
      "= \"10s\"\n"
      "[log]\nto = \"syslog\"\nformat = \"json\"\nlevel = \"warning\"\n"
      "[bus]\nurl = \"redis://127.0.0.1\"\nsecret-file = \"/s\"\nca = \"/c\"\n"
      "[control]\nsocket = \"/run/c\"\nmode = 0o660\ngroup = \"0\"\n");
  cr_expect(config.backend == Backend::poll);
  cr_expect(config.workers == 4U);
  cr_expect(config.user == "_sluiced");
  cr_expect(config.chroot == "/var/empty");
  cr_expect(config.max_connections == 10'000U);
  cr_expect(config.max_memory == std::size_t{64} << 20U);
  cr_expect(config.drain_timeout == 10s);
  cr_expect(config.log_to == log_target_from("syslog"));
  cr_expect(config.log_format == LogFormat::json);
  cr_expect(config.log_level == LogLevel::warning);
  cr_expect(config.bus.url == "redis://127.0.0.1");
  cr_expect(config.bus.secret_file == "/s" && config.bus.ca_file == "/c");
  cr_expect(config.control_socket == Endpoint::from("unix:///run/c"));
  cr_expect(config.control_mode == mode_t{0660});
  cr_expect(config.control_group == (ControlGroup{"0", 0}));
}

Test(config_reader, makes_a_spec_of_each_endpoint) {
  const Config config = valid(
      "[[service]]\nkind = \"echo\"\nlisten = [\"tcp://127.0.0.1:7007\", "
      "\"udp://127.0.0.1:7007\"]\n"
      "max = 1000\n[[service]]\nkind = \"chat\"\nname = \"house\"\n"
      "listen = [\"tcp://127.0.0.1:9000\", { endpoint = \"unix:///tmp/c\", mode = \"0660\" }]\n"
      "rate = \"10/1\"\nidle = \"5m\"\n");
  cr_assert(config.listen.size() == 4);
  const auto& [tcp, udp, house, door] =
      std::tie(config.listen[0], config.listen[1], config.listen[2], config.listen[3]);
  cr_expect(tcp.kind == "echo" && tcp.scheme() == Scheme::tcp);
  cr_expect(tcp.settings.get(kMaxKey) == 1000U, "a key applies to each that can have it");
  cr_expect(not udp.settings.has(kMaxKey));
  cr_expect(tcp.service == udp.service && house.service == door.service);
  cr_expect(tcp.service != house.service);
  cr_expect(service_name(tcp) == "echo" && service_name(door) == "house");
  cr_expect(door.settings.get(kModeKey) == 0660U && not house.settings.has(kModeKey));
  cr_expect(house.settings.get(kIdleKey) == 5min && door.settings.get(kIdleKey) == 5min);
}

Test(config_reader, reads_integers_booleans_and_octal_numbers) {
  const Config config = valid(
      "[[service]]\nkind = \"framed\"\nstrict = false\nmax-message = 100\nreuse-port = true\n"
      "idle = false\nlisten = [\"tcp://127.0.0.1:1\", { endpoint = \"unix:///x\", mode = 0o640 "
      "}]\n");
  cr_assert(config.listen.size() == 2);
  cr_expect(config.listen[0].settings.get(kReusePortKey));
  cr_expect(config.listen[0].settings.get(kIdleKey) == 0ms);
  cr_expect(config.listen[1].settings.get(kModeKey) == 0640U);
}

Test(config_reader, an_endpoint_s_own_key_wins) {
  const Config config = valid(
      "[[service]]\nkind = \"echo\"\nmax = 5\n"
      "listen = [{ endpoint = \"tcp://127.0.0.1:1\", max = 7 }, \"tcp://127.0.0.1:2\"]\n");
  cr_expect(config.listen[0].settings.get(kMaxKey) == 7U);
  cr_expect(config.listen[1].settings.get(kMaxKey) == 5U);
}

Test(config_reader, defaults_hold_wherever_they_stand_and_the_command_line_s_win) {
  const Files files = {{"more/a", kEcho}};
  const std::string text =
      "include = [\"more/*\"]\n" + kEcho + "idle = \"1s\"\n[defaults]\nidle = \"5m\"\nmax = 3\n";
  const Config config = valid(text, files);
  cr_assert(config.listen.size() == 2);
  cr_expect(config.listen[0].settings.get(kIdleKey) == 1s);
  cr_expect(config.listen[1].settings.get(kIdleKey) == 5min);
  cr_expect(config.listen[1].settings.get(kMaxKey) == 3U);
  Settings given;
  given.set(kIdleKey, std::chrono::milliseconds(7));
  const Config overridden = valid(text, files, given);
  cr_expect(overridden.listen[0].settings.get(kIdleKey) == 1s);
  cr_expect(overridden.listen[1].settings.get(kIdleKey) == 7ms);
}

Test(config_reader, a_port_may_be_a_name_of_services) {
  const Config config = valid(
      "[[service]]\nkind = \"daytime\"\nlisten = [\"tcp://*:daytime\", \"udp://*:daytime\"]\n");
  cr_expect(config.listen[0].endpoint().address().port() == 13);
  cr_expect(config.listen[1].endpoint().address().port() == 13);
  expect_faults(
      "[[service]]\nkind = \"daytime\"\nlisten = \"tcp://*:daytme\"\n",
      {"x.conf:3:10: service \"daytime\": port \"daytme\" is not in 0-65535, and services(5) "
       "has no tcp service of that name"});
}

Test(config_reader, reports_every_error_with_its_place) {
  expect_faults(
      "[[service]]\nkind = \"chat\"\nname = \"house\"\nlisten = \"tcp://127.0.0.1:9000\"\n"
      "rate = \"fast\"\nidel = \"5m\"\nmax = 0\n\n[limits]\nmax-conections = 3\n",
      {"x.conf:5:8: service \"house\": rate \"fast\" is not LINES/SECONDS, such as 10/1, or off",
       "x.conf:6:1: service \"house\": unknown key \"idel\" (did you mean idle?); allowed for chat "
       "over tcp: idle, max, per-source, connect-rate, connect-rate-per-source, ipv6-prefix, "
       "reuse-port, allow, deny, proxy, tls, cert, key, sni, ocsp, client-ca, client-cert, alpn, "
       "name, house, greeting, motd, history, max-line, max-members, max-in-room, "
       "max-rooms, reserved, operators, operator-certs, operator-passwords, rate, burst, "
       "room-log, logged-rooms, "
       "send-queue, slow, message-timeout and first-message-timeout",
       "x.conf:7:7: service \"house\": max 0 is not in 1-4294967295",
       "x.conf:10:1: unknown key \"max-conections\" (did you mean max-connections?); allowed in "
       "[limits]: max-connections, max-memory and drain-timeout"});
}

Test(config_reader, names_what_is_wrong_with_a_service) {
  expect_faults("[[service]]\nlisten = \"tcp://*:1\"\n",
                {"x.conf:1:1: service: kind is missing; write which service it is, such as kind = "
                 "\"echo\""});
  expect_faults(
      "[[service]]\nkind = 5\n",
      {"x.conf:2:8: service: kind is an integer; write it as a string, such as \"echo\""});
  expect_faults("[[service]]\nkind = \"ecko\"\n",
                {"x.conf:2:8: service \"ecko\": unknown service \"ecko\" (did you mean echo?); "
                 "allowed: echo, discard, chargen, daytime, time, upper, greet, framed, chat, "
                 "irc, relay, broadcast, metrics and web"});
  expect_faults(
      "[[service]]\nkind = \"echo\"\n",
      {"x.conf:1:1: service \"echo\": listen is missing; write where to serve it, such as "
       "listen = \"tcp://127.0.0.1:7007\""});
  expect_faults("[[service]]\nkind = \"echo\"\nlisten = []\n",
                {"x.conf:3:10: service \"echo\": listen is empty; give at least one endpoint"});
  expect_faults("[service]\nkind = \"echo\"\n",
                {"x.conf:1:2: write [[service]] in double brackets"});
  expect_faults("service = 3\n", {"x.conf:1:1: service is an integer; write tables, [[service]]"});
  expect_faults("[[service]]\nkind = \"greet\"\nlisten = \"tcp://*:1\"\n",
                {"x.conf:1:1: service \"greet\": key text is missing; greet needs text=TEXT"});
}

Test(config_reader, names_what_is_wrong_with_an_endpoint) {
  expect_faults("[[service]]\nkind = \"chat\"\nlisten = [\"udp://*:1\", 7, { mode = \"0660\" }]\n",
                {"x.conf:3:11: service \"chat\": chat does not run over udp; allowed: tcp, tls, "
                 "ws, wss, unix "
                 "and ws+unix",
                 "x.conf:3:24: service \"chat\": an endpoint is an integer; write it as a string, "
                 "such as \"tcp://127.0.0.1:7007\", or as a table",
                 "x.conf:3:27: service \"chat\": endpoint is missing; write { endpoint = "
                 "\"unix:///run/x\", mode = \"0660\" }"});
  expect_faults(
      "[[service]]\nkind = \"chat\"\nlisten = { endpoint = \"tcp://*:1\", rate = \"1/1\" }\n",
      {"x.conf:3:36: service \"chat\": key \"rate\" is one of the service, and not of one "
       "of its endpoints"});
  expect_faults(
      "[[service]]\nkind = \"echo\"\nmode = \"0660\"\nlisten = [\"tcp://*:1\", \"udp://*:1\"]\n",
      {"x.conf:3:8: service \"echo\": key \"mode\" is not valid for echo over tcp; allowed: "
       "idle, max, per-source, connect-rate, connect-rate-per-source, ipv6-prefix, reuse-port, "
       "allow, deny, proxy, tls, cert, key, sni, ocsp, client-ca, client-cert, alpn and name"});
}

Test(config_reader, names_values_of_the_wrong_type) {
  expect_faults(
      "[[service]]\nkind = \"echo\"\nlisten = \"unix:///x\"\nmode = 660\nmax = 0o17\n"
      "idle = 1.5\nname = [\"a\"]\n",
      {"x.conf:4:8: service \"echo\": mode 660 is a decimal number; write it in octal, as "
       "\"0660\" or 0o660",
       "x.conf:5:7: service \"echo\": max is an octal number; allowed: 1-4294967295",
       "x.conf:6:8: service \"echo\": idle is a floating-point number; allowed: 1ms-20d, "
       "or 0 or off",
       "x.conf:7:8: service \"echo\": name is an array; allowed: 1-64 bytes"});
}

Test(config_reader, one_error_of_a_service_with_two_endpoints_is_reported_once) {
  expect_faults(
      "[[service]]\nkind = \"framed\"\nlisten = [\"tcp://*:1\", \"udp://*:1\"]\n"
      "reply = \"loud\"\n",
      {"x.conf:4:9: service \"framed\": unknown reply \"loud\"; allowed: echo, upper, none "
       "and text:TEXT"});
}

Test(config_reader, reports_what_does_not_go_together) {
  expect_faults(
      "[[service]]\nkind = \"chat\"\nlisten = \"tcp://*:1\"\nmax-line = 65536\n"
      "send-queue = 262144\n",
      {"x.conf:5:14: service \"chat\": send-queue 262144 is less than 8 times max-line "
       "65536; allowed: 524288-1073741824"});
}

Test(config_reader, names_what_is_wrong_outside_of_services) {
  expect_faults(
      "backend = \"io\"\nlisten = \"tcp://*:1\"\n[log]\nto = \"file\"\nlevel = 3\n"
      "[defaults]\nname = \"x\"\nidle = 5\n[limits]\ndrain-timeout = true\n",
      {"x.conf:1:11: backend \"io\" is not auto, epoll, poll or select",
       "x.conf:2:1: unknown key \"listen\"; allowed: include, backend, workers, user, chroot, "
       "sandbox, "
       "limits, log, "
       "bus, control, "
       "networks, defaults and service",
       "x.conf:4:6: to \"file\" is not stderr, syslog, syslog:/PATH or file:/PATH",
       "x.conf:5:9: level \"3\" is not info, warning or error",
       "x.conf:7:1: unknown key \"name\"; allowed in [defaults]: "
       "idle, max, per-source, connect-rate, connect-rate-per-source, ipv6-prefix, answers, "
       "answers-per-source, reuse-port, mode, allow, deny, proxy, allow-users, tls, cert, key, "
       "sni, ocsp, "
       "client-ca, client-cert and alpn",
       "x.conf:8:8: idle \"5\" has no unit; allowed: 1ms-20d in ms, s, m, h or d, or 0 or off",
       "x.conf:10:17: limits.drain-timeout is a boolean; write it as a string or a "
       "decimal number"});
}

Test(config_reader, an_error_in_an_included_file_names_that_file) {
  const Files files = {{"more/a", kEcho}, {"more/b", "[limits]\nmax-connections = 1\n\nx = 1\n"}};
  expect_faults("include = \"more/*\"\nx = 1\n[limits]\nmax-connections = 2\n",
                {"x.conf:2:1: unknown key \"x\"; allowed: include, backend, workers, user, chroot, "
                 "sandbox, limits, "
                 "log, bus, control, "
                 "networks, defaults and service",
                 "more/b:2:1: limits.max-connections is set in another file too; set it once",
                 "more/b:4:1: unknown key \"x\"; allowed in [limits]: max-connections, "
                 "max-memory and drain-timeout"},
                files);
}

Test(config_reader, an_included_file_cannot_include_others) {
  expect_faults("include = [\"more/*\", 3, [\"x\"]]\n",
                {"x.conf:1:22: include is an integer; write strings, such as "
                 "[\"sluiced.conf.d/*.conf\"]",
                 "x.conf:1:25: include has an array in its array; write strings",
                 "more/a:1:1: an included file cannot include others"},
                {{"more/a", "include = \"more/*\"\n"}});
}

Test(config_reader, a_list_of_networks_has_a_name_and_is_an_array) {
  const Files files = {{"more/a", "[networks]\noffice = [\"192.0.2.0/24\", \"2001:db8::/32\"]\n"}};
  const Config config = valid(
      "include = \"more/*\"\n[networks]\nbad = \"192.0.2.13\"\n[defaults]\ndeny = [\"bad\"]\n"
      "[[service]]\nkind = \"echo\"\nlisten = [\"tcp://*:1\", \"unix:///x\"]\n"
      "allow = [\"office\", \"::1\"]\n",
      files);
  const Settings& tcp = config.listen[0].settings;
  cr_expect(kAllowKey.write(tcp.get(kAllowKey)) == "192.0.2.0/24 2001:db8::/32 ::1");
  cr_expect(kDenyKey.write(tcp.get(kDenyKey)) == "192.0.2.13");
  cr_expect(not config.listen[1].settings.has(kAllowKey), "a Unix socket has no networks");
}

Test(config_reader, names_the_word_of_a_list_that_is_wrong) {
  expect_faults(
      "[networks]\noffice = [\"192.0.2.0/24\"]\nhome = [\"office\"]\n[[service]]\nkind = \"echo\"\n"
      "listen = \"tcp://*:1\"\nallow = [\"ofice\", 7, \"10.0.0.1/8\"]\ndeny = []\n",
      {"x.conf:3:9: networks: home \"office\" is not an address or a network, such as 127.0.0.0/8 "
       "or "
       "fd00::/8",
       "x.conf:7:10: service \"echo\": allow \"ofice\" is not an address or a network, such as "
       "127.0.0.0/8 or fd00::/8 (did you mean office?)",
       "x.conf:7:19: service \"echo\": allow has an integer; write strings",
       "x.conf:7:22: service \"echo\": allow \"10.0.0.1/8\" has bits behind its prefix; the "
       "network "
       "is 10.0.0.0/8",
       "x.conf:8:8: service \"echo\": deny has no network"});
}

Test(config_reader, an_endpoint_is_served_once) {
  expect_faults(
      "[[service]]\nkind = \"chat\"\nname = \"house\"\nlisten = [\"tcp://*:1\", \"tcp://*:0\"]\n"
      "[[service]]\nkind = \"echo\"\nlisten = [\"udp://*:1\", \"tcp://*:0\", \"tcp://*:1\"]\n",
      {"x.conf:7:37: service \"echo\": endpoint \"tcp://*:1\" is that of service \"house\" too"});
  const std::string shared =
      "[[service]]\nkind = \"echo\"\nlisten = \"tcp://*:1\"\nreuse-port = true\n";
  cr_expect(valid(shared + shared).listen.size() == 2);
}
