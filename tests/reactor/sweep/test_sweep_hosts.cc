// The counters of hosts, and how targets are grouped into networks.
#include <cstdint>
#include <string>

#include <criterion/criterion.h>

#include "reactor/sweep/sweep_hosts.h"
#include "support/addresses.h"

using namespace sluice;
using namespace sluice::test;

namespace {

bool same_network(const char* a, const char* b) {
  return network_key(ip(a, 80)) == network_key(ip(b, 443));
}

Address numbered(std::uint32_t number) {
  return ip("10." + std::to_string(number >> 16 & 255) + "." + std::to_string(number >> 8 & 255) +
            "." + std::to_string(number & 255));
}

}  // namespace

Test(sweep_hosts, identifies_a_host_by_its_address_and_zone_and_not_by_its_port) {
  cr_expect(host_key(ip("10.1.2.3", 1)) == host_key(ip("10.1.2.3", 2)));
  cr_expect(!(host_key(ip("10.1.2.3", 1)) == host_key(ip("10.1.2.4", 1))));
  cr_expect(host_key(ip("fe80::1%7", 1)) == host_key(ip("fe80::1%7", 2)));
  cr_expect(!(host_key(ip("fe80::1%7", 1)) == host_key(ip("fe80::1%8", 1))));
  cr_expect(!(host_key(ip("0.0.0.1", 1)) == host_key(ip("100::", 1))));
}

Test(sweep_hosts, groups_ipv4_by_24_bits_and_ipv6_by_64) {
  cr_expect(same_network("10.1.2.3", "10.1.2.255"));
  cr_expect(!same_network("10.1.2.3", "10.1.3.3"));
  cr_expect(same_network("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
  cr_expect(!same_network("2001:db8:1:2::1", "2001:db8:1:3::1"));
  cr_expect(!same_network("fe80::1%1", "fe80::1%2"));
}

Test(sweep_hosts, groups_all_of_loopback) {
  cr_expect(same_network("127.0.0.1", "127.200.3.4"));
  cr_expect(same_network("127.0.0.1", "::1"));
  cr_expect(!same_network("127.0.0.1", "10.0.0.1"));
  cr_expect(network_key(ip("::1")).family == 0);
}

Test(sweep_hosts, counts_the_answers_and_silences_of_each_host) {
  SweepHosts hosts;
  cr_expect(hosts.find(ip("10.0.0.1", 1)) == nullptr);
  hosts.answered(ip("10.0.0.1", 1));
  hosts.answered(ip("10.0.0.1", 2));
  hosts.silent(ip("10.0.0.1", 3));
  hosts.silent(ip("10.0.0.2", 3));
  const SweepHosts::Host* one = hosts.find(ip("10.0.0.1", 9));
  cr_assert(one != nullptr);
  cr_expect(one->answers == 2 && one->silences == 1);
  const SweepHosts::Host* two = hosts.find(ip("10.0.0.2", 9));
  cr_assert(two != nullptr);
  cr_expect(two->answers == 0 && two->silences == 1);
}

Test(sweep_hosts, is_limited_and_forgets_the_least_recently_used) {
  SweepHosts hosts;
  const Address favourite = ip("192.0.2.1");
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    hosts.silent(numbered(i));
    if (i % 1000 == 0) hosts.answered(favourite);
    cr_assert(hosts.size() <= SweepHosts::kMaxHosts);
  }
  cr_expect(hosts.find(numbered(0)) == nullptr);
  cr_expect(hosts.find(numbered(99'999)) != nullptr);
  const SweepHosts::Host* const known = hosts.find(favourite);
  cr_assert(known != nullptr);
  cr_expect(known->answers == 100, "%u", known->answers);
}
