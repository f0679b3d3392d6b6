// The command line as a whole: defaults, order, repetition, and each message for what is wrong.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/endpoints/socket_keys.h"
#include "tools/sluiced/options.h"
#include "tools/sluiced/services/small_services.h"
#include <sluice/version.h>

using sluice::Backend;
using sluice::Endpoint;
using sluice::tools::daemon::kIdleKey;
using sluice::tools::daemon::kMaxKey;
using sluice::tools::daemon::Options;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

namespace {

Options read(const Words& words) {
  std::vector<const char*> argv = {"sluiced"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return sluice::tools::daemon::parse_options(static_cast<int>(argv.size()), argv.data());
}

Options parsed(const Words& words) {
  try {
    return read(words);
  } catch (const sluice::tools::UsageError& error) {
    cr_assert_fail("%s", error.what());
    throw;
  }
}

std::string joined(const Words& words) {
  std::string all = "sluiced";
  for (const std::string& word : words) all += ' ' + word;
  return all;
}

void expect_refused(const Words& words, const std::string& why) {
  expect_message(joined(words), usage_error_of([&] { (void)read(words); }), why);
}

std::string greeting(const sluice::tools::daemon::ListenSpec& spec) {
  return spec.settings.get(sluice::tools::daemon::kGreetText);
}

}  // namespace

Test(options, without_any_four_services_are_served_on_loopback_only) {
  const Options options = parsed({});
  cr_expect(options.default_listen);
  const std::vector<std::pair<std::string, Endpoint>> wanted = {
      {"echo", Endpoint::from("tcp://127.0.0.1:7007")},
      {"echo", Endpoint::from("udp://127.0.0.1:7007")},
      {"framed", Endpoint::from("tcp://127.0.0.1:8888")},
      {"chat", Endpoint::from("tcp://127.0.0.1:9000")},
      {"broadcast", Endpoint::from("udp://127.0.0.1:12345")}};
  cr_assert(options.listen.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    cr_expect(options.listen[i].kind == wanted[i].first);
    cr_expect(options.listen[i].endpoint() == wanted[i].second);
  }
  const std::vector<std::string> examples =
      sluice::tools::daemon::default_examples("bin/sluice-talk");
  cr_expect(examples.size() == wanted.size());
  cr_expect(examples.at(0) == "bin/sluice-talk --send hello --expect 1 127.0.0.1:7007");
  cr_expect(options.loop.backend == Backend::automatic);
  cr_expect(options.loop.max_connections == static_cast<std::size_t>(-1));
  cr_expect(options.drain_timeout == 5s);
  cr_expect(options.answer.empty());
}

Test(options, listen_may_be_written_in_every_way_and_repeated_in_order) {
  const Options options = parsed({"-l", "echo=tcp://*:1", "--listen", "upper=tcp://*:2",
                                  "--listen=discard=tcp://*:3", "-ltime=tcp://*:4"});
  cr_expect(!options.default_listen);
  cr_assert(options.listen.size() == 4);
  for (std::uint16_t i = 0; i < 4; ++i) {
    cr_expect(options.listen[i].endpoint().address().port() == i + 1);
  }
  cr_expect(options.listen[3].kind == "time");
}

Test(options, commas_and_newlines_reach_the_value_whole) {
  const Options options =
      parsed({"-l", "greet=tcp://*:0,max=3,text=a\\,b\nc", "--listen=greet=tcp://*:0,text=\n"});
  cr_assert(options.listen.size() == 2);
  cr_expect(greeting(options.listen[0]) == "a,b\nc");
  cr_expect(options.listen[0].settings.find(kMaxKey) == 3);
  cr_expect(greeting(options.listen[1]) == "\n");
}

Test(options, the_idle_timeout_holds_for_every_stream_whatever_the_order) {
  const Options options = parsed({"-l", "echo=tcp://*:0", "-l", "echo=tcp://*:0,idle=off", "-l",
                                  "echo=tcp://*:0,idle=1s", "--idle-timeout", "2m"});
  cr_expect(options.listen[0].settings.get(kIdleKey) == 2min);
  cr_expect(options.listen[1].settings.get(kIdleKey) == 0s);
  cr_expect(options.listen[2].settings.get(kIdleKey) == 1s);
}

Test(options, the_default_services_get_the_idle_timeout_too) {
  cr_expect(parsed({"--idle-timeout=9s"}).listen[0].settings.get(kIdleKey) == 9s);
}

Test(options, reads_the_other_options) {
  const Options options =
      parsed({"--backend", "poll", "--max-connections=10", "--drain-timeout=0"});
  cr_expect(options.loop.backend == Backend::poll);
  cr_expect(options.loop.max_connections == 10);
  cr_expect(options.drain_timeout == 0s);
  cr_expect(parsed({"--backend=auto"}).loop.backend == Backend::automatic);
}

Test(options, reads_the_account) {
  cr_expect(!parsed({}).user);
  cr_expect(parsed({"-u", "_sluiced"}).user == "_sluiced");
  cr_expect(parsed({"--user=nobody"}).user == "nobody");
}

Test(options, reads_how_many_loops_serve) {
  cr_expect(parsed({}).workers == 1);
  cr_expect(not parsed({}).given.workers);
  cr_expect(parsed({"--workers", "4"}).workers == 4);
  cr_expect(parsed({"--workers", "4"}).given.workers);
  cr_expect(parsed({"--workers=auto"}).workers == sluice::tools::daemon::kAutoWorkers);
  const std::string allowed = " is not auto or a number in 1-256";
  expect_refused({"--workers", "0"}, "--workers 0: workers \"0\"" + allowed);
  expect_refused({"--workers", "257"}, "--workers 257: workers \"257\"" + allowed);
  expect_refused({"--workers", "2 "}, "--workers 2 : workers \"2 \"" + allowed);
}

Test(options, the_last_of_several_counts) {
  cr_expect(parsed({"--max-connections=10", "--max-connections=20"}).loop.max_connections == 20);
}

Test(options, version_and_help_are_answers) {
  cr_expect(parsed({"--version"}).answer == "sluiced " SLUICE_VERSION_STRING "\n");
  const std::string help = parsed({"--help"}).answer;
  for (const std::string word : {"--listen", "--backend", "--max-connections", "--max-memory",
                                 "--idle-timeout", "--drain-timeout", "--help", "--version",
                                 "NAME=ENDPOINT[,KEY=VALUE]...", "chargen", "per-source=COUNT"}) {
    cr_expect(help.find(word) != help.npos, "%s is not in the help", word.c_str());
  }
  cr_expect(parsed({"--help", "--version"}).answer == help);
}

Test(options, help_does_not_hide_a_mistake) {
  expect_refused({"--help", "--backend", "x"}, usage_error_of([] {
                   (void)read({"--backend", "x"});
                 }));
}

Test(options, a_message_names_the_option_what_was_read_and_what_is_allowed) {
  const std::string count = " is not a decimal number in 1-4294967295";
  const std::string duration = "; allowed: 1ms-365d in ms, s, m, h or d, or 0";
  expect_refused({"--listen", "echo=tcp://127.0.0.1:99999"},
                 "--listen echo=tcp://127.0.0.1:99999: port 99999 is not in 0-65535");
  expect_refused({"-l", "echo=tcp://127.0.0.1:99999"},
                 "-l echo=tcp://127.0.0.1:99999: port 99999 is not in 0-65535");
  expect_refused({"--max-connections", "0"}, "--max-connections 0: count 0 is not in 1-4294967295");
  expect_refused({"--max-connections", "-5"}, "--max-connections -5: count \"-5\"" + count);
  expect_refused({"--max-memory", "1X"},
                 "--max-memory 1X: size \"1X\" is not a size from 1M to 1024T, such as 64M");
  expect_refused({"--max-connections="}, "--max-connections : count \"\"" + count);
  expect_refused({"--idle-timeout", "30"},
                 "--idle-timeout 30: duration \"30\" has no unit; allowed: 1ms-20d in ms, s, m, h "
                 "or d, or 0 or off");
  expect_refused(
      {"--idle-timeout", "365d"},
      "--idle-timeout 365d: duration \"365d\" is too long; allowed: 1ms-20d in ms, s, m, "
      "h or d, or 0 or off");
  expect_refused(
      {"--drain-timeout", "off"},
      "--drain-timeout off: duration \"off\" does not start with a decimal number" + duration);
}

Test(options, every_mistake_in_every_listen_is_reported) {
  std::vector<std::string> messages;
  try {
    (void)read({"-l", "echo=tcp://*:0,max=0,idel=3s", "-l", "chat=tcp://*:0", "--listen",
                "chat=tcp://*:0,burst=x"});
  } catch (const sluice::tools::UsageError& error) {
    messages = error.messages();
  }
  cr_assert(messages.size() == 3);
  cr_expect(messages[0] == "-l echo=tcp://*:0,max=0,idel=3s: max 0 is not in 1-4294967295");
  cr_expect(messages[1].starts_with(
      "-l echo=tcp://*:0,max=0,idel=3s: unknown key \"idel\" (did you mean idle?)"));
  cr_expect(messages[2].starts_with("--listen chat=tcp://*:0,burst=x: burst \"x\" is not "));
}

Test(options, a_wrong_backend_is_named_with_those_that_exist) {
  for (const std::string name : {"kqueue", "EPOLL", "", "io_uring"}) {
    const std::string got = usage_error_of([&] { (void)read({"--backend", name}); });
    cr_expect(got.starts_with("--backend " + name + ": "), "%s", got.c_str());
    cr_expect(got.find("epoll") != got.npos, "%s", got.c_str());
  }
}

Test(options, with_a_file_no_service_is_served_by_default) {
  const Options options = parsed({"-f", "x.conf", "--console"});
  cr_expect(options.file == "x.conf");
  cr_expect(options.listen.empty() && not options.default_listen);
  cr_expect(parsed({"-f", "x.conf", "-l", "echo=tcp://*:0"}).listen.size() == 1);
  expect_refused({"-f", ""}, "-f : the name of the file is empty");
}

Test(options, each_l_is_a_service_of_its_own) {
  const Options options = parsed({"-l", "chat=tcp://*:0", "-l", "chat=tcp://*:0"});
  cr_expect(options.listen[0].service != options.listen[1].service);
}

Test(options, remember_what_the_command_line_said) {
  const Options given = parsed({"--backend", "poll", "--max-connections", "3", "--drain-timeout",
                                "1s", "--idle-timeout", "2s"});
  cr_expect(given.given.backend && given.given.max_connections && given.given.drain_timeout);
  cr_expect(given.given.defaults.get(kIdleKey) == 2s);
  const Options none = parsed({});
  cr_expect(not none.given.backend && not none.given.max_connections);
  cr_expect(not none.given.drain_timeout && not none.given.defaults.has(kIdleKey));
}

Test(options, v_goes_with_n) {
  cr_expect(parsed({"-n"}).check && not parsed({"-n"}).verbose);
  cr_expect(parsed({"-n", "-v"}).verbose);
  expect_refused({"-v"}, "-v goes with -n, which checks the configuration");
}

Test(options, bus_names_a_server) {
  cr_expect(parsed({"--bus", "redis://127.0.0.1:6379"}).bus.url == "redis://127.0.0.1:6379");
  cr_expect(parsed({}).bus.url.empty());
  expect_refused({"--bus", "127.0.0.1"},
                 "--bus 127.0.0.1: bus \"127.0.0.1\": there is no redis:// before it; allowed: "
                 "redis://[USER@]ADDRESS[:PORT][/DATABASE], or rediss:// with TLS");
}

Test(options, what_is_no_option_is_named) {
  const std::string allowed =
      ": unknown option; allowed: --listen, --file, --check, --verbose, --would-accept, --backend, "
      "--workers, --max-connections, --max-memory, --idle-timeout, --drain-timeout, --console, "
      "--bus, "
      "--control, --log-to, --log-connections, --log-format, --log-level, --user, --sandbox, "
      "--help and "
      "--version";
  expect_refused({"--frobnicate"}, "--frobnicate" + allowed);
  expect_refused({"--frobnicate=3"}, "--frobnicate=3" + allowed);
  expect_refused(
      {"-x"},
      "-x: unknown option; allowed: -l, -f, -n, -v, -u and the long ones that --help lists");
  expect_refused({"--list", "echo=tcp://*:0"}, "--list: unknown option (did you mean --listen?)");
  expect_refused({"echo"}, "\"echo\" is not an option; sluiced takes only options");
  expect_refused({"--backend", "poll", "extra"},
                 "\"extra\" is not an option; sluiced takes only options");
  expect_refused({"--", "-l"}, "\"-l\" is not an option; sluiced takes only options");
  expect_refused({""}, "\"\" is not an option; sluiced takes only options");
  expect_refused({"-"}, "\"-\" is not an option; sluiced takes only options");
}

Test(options, a_console_needs_a_service_that_talks) {
  cr_expect(!parsed({}).console);
  cr_expect(parsed({"--console"}).console);
  cr_expect(parsed({"--console", "-l", "chat=tcp://*:0"}).console);
  cr_expect(parsed({"--console", "-l", "broadcast=udp://*:0"}).console);
  expect_refused({"--console", "-l", "echo=tcp://*:0"},
                 "--console: no service uses the terminal; serve chat or broadcast");
}

Test(options, a_missing_value_is_named) {
  expect_refused({"--listen"}, "--listen: the value is missing");
  expect_refused({"-l"}, "-l: the value is missing");
  expect_refused({"--backend", "poll", "--idle-timeout"}, "--idle-timeout: the value is missing");
}

Test(options, a_value_that_is_too_much_is_named) {
  expect_refused({"--help=x"}, "--help=x: this option takes no value");
  expect_refused({"--version=false"}, "--version=false: this option takes no value");
}

Test(options, a_message_is_one_line_whatever_was_read) {
  for (const Words& words : {Words{"-l", "a\nb=\x1b[2J"}, Words{"\n"}, Words{"--x\ny"},
                             Words{"--backend", "a\nb"}, Words{"--idle-timeout", "\r1"}}) {
    const std::string got = usage_error_of([&] { (void)read(words); });
    cr_expect(!got.empty());
    cr_expect(got.find_first_of("\n\r\x1b") == got.npos, "%s", got.c_str());
  }
}
