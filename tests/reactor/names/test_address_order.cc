// The order of a host's addresses, on hosts with other source addresses than this one.
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "reactor/names/address_order.h"
#include "support/addresses.h"

using sluice::Address;
using sluice::put_in_order;
using sluice::SourceOf;
using sluice::test::ip;

namespace {

std::string order_of(const std::vector<std::string>& hosts, SourceOf source_of) {
  std::vector<Address> addresses;
  for (const std::string& host : hosts) addresses.push_back(ip(host));
  put_in_order(addresses, source_of);
  std::string text;
  for (const Address& address : addresses) text += (text.empty() ? "" : " ") + address.host();
  return text;
}

void expect_order(const std::vector<std::string>& hosts, SourceOf source_of,
                  const std::string& want) {
  const std::string got = order_of(hosts, source_of);
  cr_expect(got == want, "got %s", got.c_str());
}

// A host with global addresses of both families, as in the examples of RFC 6724.
std::optional<Address> both(const Address& to) {
  if (to.is_loopback()) return to;
  if (to.family() == AF_INET) return ip("198.51.100.117");
  return ip(to.host().starts_with("fe80:") ? "fe80::1%1" : "2001:db8:1::2");
}

std::optional<Address> ipv4_alone(const Address& to) {
  if (to.family() != AF_INET) return {};
  return ip("198.51.100.117");
}

// A host with site-local addresses only.
std::optional<Address> site_alone(const Address& to) {
  if (to.family() == AF_INET) return ip("169.254.13.78");
  return ip("fd00::2");
}

int asked = 0;
std::optional<Address> counted(const Address& to) {
  ++asked;
  return both(to);
}

}  // namespace

Test(address_order, an_address_that_cannot_be_reached_comes_last) {
  expect_order({"2001:db8:1::1", "198.51.100.121"}, &ipv4_alone, "198.51.100.121 2001:db8:1::1");
}

Test(address_order, ipv6_comes_first_where_both_can_be_reached) {
  expect_order({"198.51.100.121", "2001:db8:1::1"}, &both, "2001:db8:1::1 198.51.100.121");
}

Test(address_order, the_scope_of_the_source_decides_before_the_family) {
  // RFC 6724, 10.2: a global destination with a link-local source is worse.
  expect_order({"198.51.100.121", "fd00::1"}, &site_alone, "fd00::1 198.51.100.121");
}

Test(address_order, a_label_equal_to_the_label_of_the_source_comes_first) {
  // 6to4 from a native source, against a native destination.
  expect_order({"2002:c633:6401::1", "2001:db8:1::1"}, &both, "2001:db8:1::1 2002:c633:6401::1");
  expect_order({"2001::1", "198.51.100.121"}, &both, "198.51.100.121 2001::1");
}

Test(address_order, the_smaller_scope_comes_first) {
  expect_order({"2001:db8:1::1", "fe80::5%4999"}, &both, "fe80::5%4999 2001:db8:1::1");
}

Test(address_order, loopback_comes_before_global_addresses) {
  expect_order({"2001:db8::1", "::1"}, &both, "::1 2001:db8::1");
  expect_order({"198.51.100.121", "127.0.0.1", "::1"}, &both, "::1 127.0.0.1 198.51.100.121");
}

Test(address_order, addresses_of_one_kind_keep_their_order) {
  expect_order({"2001:db8:1::3", "198.51.100.9", "2001:db8:1::1", "198.51.100.1", "2001:db8:1::2"},
               &both, "2001:db8:1::3 2001:db8:1::1 2001:db8:1::2 198.51.100.9 198.51.100.1");
  expect_order({}, &both, "");
}

Test(address_order, a_source_is_requested_once_for_each_kind_and_never_for_one_kind) {
  std::vector<std::string> hosts;
  for (int i = 1; i <= 200; ++i) hosts.push_back("198.51.100." + std::to_string(i));
  (void)order_of(hosts, &counted);
  cr_expect(asked == 0);
  for (int i = 1; i <= 200; ++i) hosts.push_back("2001:db8::" + std::to_string(i));
  (void)order_of(hosts, &counted);
  cr_expect(asked == 2, "%d", asked);
}

Test(address_order, the_source_address_for_loopback_is_loopback) {
  const auto source = sluice::source_address(ip("127.0.0.1"));
  cr_assert(source);
  cr_expect(source->host() == "127.0.0.1");
  cr_expect(!sluice::source_address(ip("255.255.255.255")), "a broadcast has to be asked for");
}
