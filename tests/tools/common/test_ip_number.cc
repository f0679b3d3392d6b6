// IP addresses as numbers: there and back, sums, prefixes and the sizes of ranges.
#include <string>

#include <criterion/criterion.h>

#include "tools/common/ip_number.h"

using sluice::Address;
using sluice::tools::IpNumber;
using sluice::tools::IpRange;

namespace {

IpNumber number(const std::string& text) { return IpNumber::of(*Address::from_ip(text, 0)); }

std::string host(const IpNumber& of) { return of.address(0).host(); }

}  // namespace

Test(ip_number, an_address_comes_back_as_it_was) {
  for (const std::string text : {"0.0.0.0", "10.1.2.3", "255.255.255.255", "::", "2001:db8::1",
                                 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::1%7"}) {
    cr_expect(host(number(text)) == text, "%s", text.c_str());
    cr_expect(number(text).address(443).port() == 443);
  }
}

Test(ip_number, a_mapped_address_is_the_ipv4_one) {
  cr_expect(number("::ffff:10.1.2.3") == number("10.1.2.3"));
}

Test(ip_number, sums_carry_into_the_upper_word) {
  cr_expect(host(number("2001:db8::ffff:ffff:ffff:ffff").plus(1)) == "2001:db8:0:1::");
  cr_expect(host(number("2001:db8:0:1::").previous()) == "2001:db8::ffff:ffff:ffff:ffff");
  cr_expect(host(number("10.0.0.255").plus(1)) == "10.0.1.0");
}

Test(ip_number, a_prefix_has_a_first_and_a_last_address) {
  cr_expect(host(number("10.1.2.3").first_of_prefix(8)) == "10.0.0.0");
  cr_expect(host(number("10.1.2.3").last_of_prefix(8)) == "10.255.255.255");
  cr_expect(host(number("10.1.2.3").last_of_prefix(32)) == "10.1.2.3");
  cr_expect(host(number("10.1.2.3").last_of_prefix(0)) == "255.255.255.255");
  cr_expect(host(number("2001:db8::1").last_of_prefix(64)) == "2001:db8::ffff:ffff:ffff:ffff");
  cr_expect(host(number("2001:db8::1").first_of_prefix(32)) == "2001:db8::");
  cr_expect(number("2001:db8::1").last_of_prefix(0).is_last());
}

Test(ip_number, a_range_knows_its_size_as_far_as_64_bits_go) {
  const auto size = [](const std::string& text, unsigned length) {
    const IpNumber at = number(text);
    return IpRange{at.first_of_prefix(length), at.last_of_prefix(length)}.size();
  };
  cr_expect(size("10.0.0.0", 32) == 1);
  cr_expect(size("10.0.0.0", 0) == std::uint64_t{1} << 32);
  cr_expect(size("2001:db8::", 65) == std::uint64_t{1} << 63);
  cr_expect(size("2001:db8::", 64) == IpRange::kTooMany);
  cr_expect(size("2001:db8::", 0) == IpRange::kTooMany);
  const IpRange across{number("2001:db8::ffff:ffff:ffff:ffff"), number("2001:db8:0:1::1")};
  cr_expect(across.size() == 3);
}
