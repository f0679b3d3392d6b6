// One target as it is written: names, addresses, prefixes and octet ranges.
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluice-scan/targets/target_spec.h"

using sluice::tools::scan::parse_target_spec;

namespace {

std::string in_words(const std::string& text) {
  std::string words;
  for (const sluice::tools::IpRange& range : parse_target_spec(text).ranges) {
    if (!words.empty()) words += ' ';
    words += range.first.address(0).host();
    if (range.last != range.first) words += '-' + range.last.address(0).host();
  }
  return words;
}

void expect_ranges(const std::string& text, const std::string& wanted) {
  const std::string got = in_words(text);
  cr_expect(got == wanted, "%s\n  gives %s\n  not   %s", text.c_str(), got.c_str(), wanted.c_str());
}

void expect_refused(const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)parse_target_spec(text); }),
                 "target \"" + text + "\" " + why);
}

const std::string kAllowed =
    "allowed: a name, a.b.c.d, a.b.c.d/0-32, octet ranges such as 10.0.0-3.1-254, an IPv6 address "
    "and a prefix of it, /0-128";

}  // namespace

Test(scan_target_spec, an_address_is_itself) {
  expect_ranges("127.0.0.1", "127.0.0.1");
  expect_ranges("2001:db8::1", "2001:db8::1");
  expect_ranges("fe80::1%7", "fe80::1%7");
  expect_ranges("::ffff:10.0.0.1", "10.0.0.1");
}

Test(scan_target_spec, a_prefix_is_all_of_its_addresses) {
  expect_ranges("10.0.0.0/24", "10.0.0.0-10.0.0.255");
  expect_ranges("10.0.0.7/24", "10.0.0.0-10.0.0.255");
  expect_ranges("10.0.0.7/32", "10.0.0.7");
  expect_ranges("10.0.0.0/0", "0.0.0.0-255.255.255.255");
  expect_ranges("2001:db8::/120", "2001:db8::-2001:db8::ff");
  expect_ranges("fe80::%7/127", "fe80::%7-fe80::1%7");
}

Test(scan_target_spec, octets_may_be_ranges) {
  expect_ranges("10.0.0-1.1-254", "10.0.0.1-10.0.0.254 10.0.1.1-10.0.1.254");
  expect_ranges("10.0.0.1-1", "10.0.0.1");
  expect_ranges("10.1-2.0-255.0-255", "10.1.0.0-10.2.255.255");
  expect_ranges("9-10.1.1.1", "9.1.1.1 10.1.1.1");
  expect_ranges("1-2.3-4.5.0-255",
                "1.3.5.0-1.3.5.255 1.4.5.0-1.4.5.255 2.3.5.0-2.3.5.255 "
                "2.4.5.0-2.4.5.255");
  expect_ranges("0-255.0-255.0-255.0-255", "0.0.0.0-255.255.255.255");
}

Test(scan_target_spec, a_name_waits_to_be_looked_up) {
  for (const std::string name :
       {"localhost", "example.org", "a-b_c.example", "1e100.net", "10.0.0.example"}) {
    const auto target = parse_target_spec(name);
    cr_expect(target.name == name && target.ranges.empty(), "%s", name.c_str());
  }
}

Test(scan_target_spec, what_is_wrong_is_quoted) {
  expect_refused("", "is not valid; " + kAllowed);
  expect_refused("127.1", "is not valid; " + kAllowed);
  expect_refused("10.0.0", "is not valid; " + kAllowed);
  expect_refused("a b", "is not valid; " + kAllowed);
  expect_refused("host:80", "is not valid; " + kAllowed);
  expect_refused("-x", "is not valid; " + kAllowed);
  expect_refused("[::1]", "is not valid; " + kAllowed);
  expect_refused("10.0.0.256", "has the octet \"256\", which is not a number or a range in 0-255");
  expect_refused("10.0.0.1-256",
                 "has the octet \"1-256\", which is not a number or a range in 0-255");
  expect_refused("10.0.0.01", "has the octet \"01\", which is not a number or a range in 0-255");
  expect_refused("10.0..1", "has the octet \"\", which is not a number or a range in 0-255");
  expect_refused("10.0.0.1-", "has the octet \"1-\", which is not a number or a range in 0-255");
  expect_refused("10.0.0.9-1", "has the octet range \"9-1\", which is reversed");
  expect_refused("10.0.0.0/33", "has the prefix length \"33\", which is not a number in 0-32");
  expect_refused("10.0.0.0/", "has the prefix length \"\", which is not a number in 0-32");
  expect_refused("10.0.0.0/-1", "has the prefix length \"-1\", which is not a number in 0-32");
  expect_refused("2001:db8::/129", "has the prefix length \"129\", which is not a number in 0-128");
  expect_refused("example.org/24", "has a prefix length after a name; allowed: after an address");
  expect_refused("10.0.0-3.0/24", "is not an address and a prefix length; " + kAllowed);
  expect_refused("0-255.0-255.0-255.1-254", "expands to 16777216 ranges; allowed: at most 65536");
}
