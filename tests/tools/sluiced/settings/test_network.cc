// Networks of peers: what they are written as, what they contain, and what is none.
#include <string>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/endpoints/socket_keys.h"
#include "tools/sluiced/settings/network.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

bool contains(const std::string& network, const std::string& address) {
  return parse_network("allow", network).contains(*Address::from_ip(address, 7));
}

void expect_refused(const std::string& text, const std::string& why) {
  expect_message(text, usage_error_of([&] { (void)parse_network("allow", text); }), why);
}

}  // namespace

Test(network, is_written_as_it_is_read) {
  for (const std::string text : {"127.0.0.0/8", "0.0.0.0/0", "192.0.2.1", "::1", "fd00::/8", "::/0",
                                 "fe80::1%7", "2001:db8::1"}) {
    cr_expect(parse_network("allow", text).to_string() == text, "%s", text.c_str());
  }
  cr_expect(parse_network("allow", "192.0.2.1/32").to_string() == "192.0.2.1");
}

Test(network, contains_the_addresses_of_its_prefix) {
  cr_expect(contains("127.0.0.0/8", "127.255.255.255"));
  cr_expect(not contains("127.0.0.0/8", "128.0.0.0"));
  cr_expect(contains("0.0.0.0/0", "255.1.2.3"));
  cr_expect(contains("192.0.2.1", "192.0.2.1"));
  cr_expect(not contains("192.0.2.1", "192.0.2.2"));
  cr_expect(contains("2001:db8::/33", "2001:db8:7fff::1"));
  cr_expect(not contains("2001:db8::/33", "2001:db8:8000::1"));
}

Test(network, an_ipv4_peer_is_in_no_ipv6_network_but_a_mapped_one_is_ipv4) {
  cr_expect(not contains("::/0", "127.0.0.1"));
  cr_expect(contains("127.0.0.0/8", "::ffff:127.0.0.1"));
  cr_expect(not contains("0.0.0.0/0", "::1"));
}

Test(network, without_a_zone_contains_every_zone) {
  cr_expect(contains("fe80::/10", "fe80::1%3"));
  cr_expect(contains("fe80::1%3", "fe80::1%3"));
  cr_expect(not contains("fe80::1%3", "fe80::1%4"));
}

Test(network, names_what_is_none) {
  expect_refused("localhost",
                 "allow \"localhost\" is not an address or a network, such as 127.0.0.0/8 or "
                 "fd00::/8");
  expect_refused("127.0.0.1/33",
                 "allow \"127.0.0.1/33\" has a prefix length that is not a number "
                 "in 0-32");
  expect_refused("::/x", "allow \"::/x\" has a prefix length that is not a number in 0-128");
  expect_refused("10.1.2.3/8",
                 "allow \"10.1.2.3/8\" has bits behind its prefix; the network is 10.0.0.0/8");
}

Test(network, a_key_has_a_list_of_them) {
  const auto read = [](const std::string& text) { return kAllowKey.read(text); };
  cr_expect(kAllowKey.write(read(" 127.0.0.0/8  ::1 ")) == "127.0.0.0/8 ::1");
  expect_message("", usage_error_of([&] { (void)read(" "); }), "allow has no network");
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "::1 ";
  expect_message("many", usage_error_of([&] { (void)read(many); }),
                 "allow has more than 1000 networks");
}
