// sluice-scan's command line, and what the sweep is told of it. That each mistake is named is shown
// with the program itself (tests/e2e/tools/test_scan_usage.py).
#include <chrono>
#include <initializer_list>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-scan/options.h"

using namespace sluice;
using namespace sluice::tools::scan;
using std::chrono::milliseconds;

namespace {

ScanOptions parse(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv = {"sluice-scan"};
  argv.insert(argv.end(), arguments);
  return parse_scan_options(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

Test(scan_options, by_default_it_is_a_thousand_ports_at_a_moderate_rate) {
  ScanOptions options = parse({"127.0.0.1"});
  cr_expect(options.ports.size() == 1000);
  cr_expect(options.format == ScanFormat::table && !options.open_only && !options.banner);
  cr_expect(options.shard.index == 1 && options.shard.count == 1 && !options.seed.has_value());
  options.targets.freeze();
  cr_expect(options.targets.size() == 1);
  const SweepOptions sweep = sweep_options(options);
  cr_expect(sweep.rate == 5000 && sweep.max_rate == 100'000);
  cr_expect(!sweep.rate_on_loopback, "loopback is unbounded");
  cr_expect(sweep.max_timeout == std::chrono::seconds(3));
  cr_expect(sweep.retries == 2 && sweep.parallel == 0);
}

Test(scan_options, a_rate_that_is_given_holds_everywhere_and_0_is_none) {
  const SweepOptions slow = sweep_options(parse({"--rate", "7", "127.0.0.1"}));
  cr_expect(slow.rate == 7 && slow.max_rate == 0 && slow.rate_on_loopback);
  cr_expect(sweep_options(parse({"--rate=0", "127.0.0.1"})).rate == 0);
}

Test(scan_options, a_timeout_bounds_every_one_of_the_sweep_s) {
  const SweepOptions sweep = sweep_options(parse({"--timeout", "20ms", "127.0.0.1"}));
  cr_expect(sweep.max_timeout == milliseconds(20));
  cr_expect(sweep.first_timeout <= sweep.max_timeout && sweep.min_timeout <= sweep.max_timeout);
}

Test(scan_options, values_are_read) {
  const ScanOptions options = parse(
      {"-p",       "22,80", "--retries",      "5",   "--parallel", "9",         "--seed",    "7",
       "--shard",  "2/3",   "--banner=250ms", "-n",  "--open",     "--json",    "-o",        "list",
       "--xml",    "x.xml", "--resume",       "pos", "--bind",     "127.0.0.9", "--backend", "poll",
       "127.0.0.1"});
  cr_expect(options.ports == PortList({22, 80}));
  cr_expect(sweep_options(options).retries == 5 && sweep_options(options).parallel == 9);
  cr_expect(options.seed == 7U && options.shard.index == 2 && options.shard.count == 3);
  cr_expect(options.banner == milliseconds(250));
  cr_expect(options.no_reverse_names && options.open_only && options.format == ScanFormat::json);
  cr_expect(options.output == "list" && options.xml == "x.xml" && options.resume == "pos");
  cr_expect(sweep_options(options).from.address == Address::from_ip("127.0.0.9", 0));
  cr_expect(options.family == AF_INET, "that of the local address");
  cr_expect(options.loop.backend == Backend::poll);
  cr_expect(parse({"--banner", "127.0.0.1"}).banner == milliseconds(1000));
  cr_expect(parse({"--tls", "127.0.0.1"}).tls == milliseconds(3000));
  cr_expect(parse({"--tls=1s", "127.0.0.1"}).tls == milliseconds(1000));
  cr_expect(parse({"-o", "-", "127.0.0.1"}).output.empty(), "the standard output");
}

Test(scan_options, a_file_may_be_called_like_an_option_of_nmap_if_it_is_written_as_a_path) {
  cr_expect(parse({"-o", "X", "127.0.0.1"}).output == "X");
  cr_expect(parse({"-o./X", "127.0.0.1"}).output == "./X");
  cr_expect(parse({"-oXY", "127.0.0.1"}).output == "XY");
  cr_expect(parse({"-o", "-oX", "127.0.0.1"}).output == "-oX", "the value of an option");
}

Test(scan_options, options_of_nmap_mean_the_same) {
  const ScanOptions xml = parse({"-sT", "-Pn", "-oX", "f", "127.0.0.1"});
  cr_expect(xml.xml == "f" && xml.output.empty() && xml.format == ScanFormat::table);
  const ScanOptions grepable = parse({"-oG", "g", "-oX", "f", "127.0.0.1"});
  cr_expect(grepable.output == "g" && grepable.xml == "f");
  cr_expect(grepable.format == ScanFormat::grepable);
  cr_expect(parse({"-oX", "-", "127.0.0.1"}).format == ScanFormat::none);
  cr_expect(parse({"--top-ports", "7", "127.0.0.1"}).ports == parse({"-ptop:7", "::1"}).ports);
  cr_expect(parse({"-n4", "127.0.0.1"}).family == AF_INET, "letters in one word");
}

Test(scan_options, ports_of_udp_are_others) {
  const ScanOptions udp = parse({"-sU", "127.0.0.1"});
  cr_expect(udp.udp && udp.ports.size() == 100);
  cr_expect(udp.ports != parse({"--top-ports", "100", "127.0.0.1"}).ports);
  cr_expect(!parse({"--tcp", "127.0.0.1"}).udp);
}

Test(scan_options, hosts_that_are_down_are_noticed_in_scans_of_many_hosts_and_ports) {
  const auto likely = [](std::initializer_list<const char*> arguments, std::uint64_t addresses) {
    return likely_ports(parse(arguments), addresses);
  };
  const PortList ports = likely({"10.0.0.0/24"}, 256);
  cr_expect(ports.size() == 16 && ports[0] == 80 && ports[1] == 443, "the commonest first");
  const PortList some = likely({"-p", "1-500", "10.0.0.0/24"}, 256);
  cr_expect(some.size() == 16 && *std::max_element(some.begin(), some.end()) <= 500,
            "only of those scanned");
  cr_expect(likely({"-p", "1000-1100", "10.0.0.0/24"}, 256).empty(), "two common ones");
  cr_expect(likely({"-p", "10000-20000", "10.0.0.0/24"}, 256).empty(), "rare ones");
  cr_expect(likely({"10.0.0.0/28"}, 16).empty(), "few hosts");
  cr_expect(likely({"-p", "1-64", "10.0.0.0/24"}, 256).empty(), "few ports");
  cr_expect(likely({"-Pn", "10.0.0.0/24"}, 256).empty());
  cr_expect(likely({"-sU", "10.0.0.0/24"}, 256).empty(), "silence means nothing");
  cr_expect(likely({"--shard", "1/2", "10.0.0.0/24"}, 256).empty(), "another has some of them");
}

Test(scan_options, excluded_ports_are_left_out) {
  cr_expect(parse({"--exclude-ports", "23-79,443", "-p", "22-80,443", "127.0.0.1"}).ports ==
            PortList({22, 80}));
}

Test(scan_options, names_wait_to_be_looked_up) {
  ScanOptions options = parse({"localhost", "10.0.0.0/30", "--exclude", "printer,10.0.0.1", "-4"});
  cr_expect(options.names == std::vector<std::string>({"localhost"}));
  cr_expect(options.excluded_names == std::vector<std::string>({"printer"}));
  cr_expect(options.family == AF_INET);
  options.targets.freeze();
  cr_expect(options.targets.size() == 3);
}

Test(scan_options, a_range_that_is_too_big_is_quoted) {
  for (const char* const text : {"2001:db8::/64", "::/0", "2001:db8::/87"}) {
    const std::string why = usage_error_of([&] { (void)parse({text}); });
    cr_expect(why.starts_with("target \"" + std::string(text) + "\" has more than 2^40"), "%s",
              why.c_str());
  }
  cr_expect(parse({"2001:db8::/88"}).targets.ranges().size() <= 1);
}

Test(scan_options, the_command_is_one_printable_line) {
  cr_expect(parse({"-o", "a\nb\x1b", "127.0.0.1"}).command ==
            "sluice-scan -o a\\x0ab\\x1b 127.0.0.1");
}

Test(scan_options, help_and_version_need_no_target) {
  cr_expect(parse({"--help"}).answer.starts_with("Usage: sluice-scan "));
  cr_expect(parse({"--version"}).answer.starts_with("sluice-scan "));
}
