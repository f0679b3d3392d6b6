// Ports as they are written, and the table of the common ones.
#include <algorithm>
#include <set>
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-scan/targets/common_ports.h"
#include "tools/sluice-scan/targets/port_spec.h"

using sluice::tools::scan::common_ports;
using sluice::tools::scan::parse_ports;
using sluice::tools::scan::PortList;

namespace {

sluice::ServiceNames services() {
  sluice::ServiceNames names;
  names.add("ssh", 22, sluice::Scheme::tcp);
  names.add("http-alt", 8080, sluice::Scheme::tcp);
  names.add("9pfs", 564, sluice::Scheme::tcp);
  names.add("tftp", 69, sluice::Scheme::udp);
  return names;
}

std::string in_words(const std::string& text) {
  return sluice::tools::scan::ports_to_string(parse_ports(text, services()));
}

void expect_refused(const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)in_words(text); }), why);
}

}  // namespace

Test(scan_port_spec, numbers_ranges_and_names_in_any_order) {
  cr_expect(in_words("22") == "22");
  cr_expect(in_words("8000-8100,22,80") == "22,80,8000-8100");
  cr_expect(in_words("1,2,3,5,4") == "1-5");
  cr_expect(in_words("ssh,http-alt,9pfs") == "22,564,8080");
  cr_expect(in_words("22,ssh,20-25") == "20-25");
  cr_expect(in_words("65535") == "65535");
}

Test(scan_port_spec, a_dash_is_all_of_them) {
  cr_expect(in_words("-") == "1-65535");
  cr_expect(parse_ports("-,22", services()).size() == 65'535);
}

Test(scan_port_spec, top_is_the_beginning_of_the_table) {
  const PortList ports = parse_ports("top:20", services());
  cr_assert(ports.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) {
    cr_expect(std::count(ports.begin(), ports.end(), common_ports()[i]) == 1);
  }
  cr_expect(parse_ports("top:1000", services()).size() == 1000);
  cr_expect(in_words("top:1,443") == "80,443");
}

Test(scan_port_spec, the_table_has_each_port_once_and_all_the_system_ones) {
  const auto& ports = common_ports();
  cr_assert(ports.size() >= sluice::tools::scan::kDefaultTopPorts);
  const std::set<std::uint16_t> once(ports.begin(), ports.end());
  cr_expect(once.size() == ports.size());
  cr_expect(once.count(0) == 0);
  for (std::uint16_t port = 1; port < 1024; ++port) cr_expect(once.count(port) == 1);
}

Test(scan_port_spec, what_is_wrong_is_quoted) {
  const std::string empty =
      "port \"\" is empty; allowed: numbers, ranges such as 8000-8100, service names, top:N and "
      "- for all";
  expect_refused("", empty);
  expect_refused("22,,80", empty);
  expect_refused("22,", empty);
  expect_refused("0", "port \"0\" is not in 1-65535");
  expect_refused("65536", "port \"65536\" is not in 1-65535");
  expect_refused("99999999999999999999", "port \"99999999999999999999\" is not in 1-65535");
  expect_refused("100-20", "port \"100-20\" is a reversed range; the lower port comes first");
  expect_refused("20-", "port \"20-\" has the end \"\", which is not a decimal number in 1-65535");
  expect_refused("-20", "port \"-20\" has the end \"\", which is not a decimal number in 1-65535");
  expect_refused("1-2-3",
                 "port \"1-2-3\" has the end \"2-3\", which is not a decimal number in 1-65535");
  expect_refused("1-65536", "port \"1-65536\" has the end \"65536\", which is not in 1-65535");
  const std::string top =
      " is not top:N with a decimal number N in 1-" + std::to_string(common_ports().size());
  expect_refused("top:0", "port \"top:0\"" + top);
  expect_refused("top:", "port \"top:\"" + top);
  expect_refused("top:99999", "port \"top:99999\"" + top);
  const std::string unknown =
      " is not a number or range in 1-65535, top:N, - or a TCP service that this host knows";
  expect_refused("tftp", "port \"tftp\"" + unknown);
  expect_refused("80x", "port \"80x\"" + unknown);
  expect_refused(" 80", "port \" 80\"" + unknown);
  expect_refused("+80", "port \"+80\"" + unknown);
}
