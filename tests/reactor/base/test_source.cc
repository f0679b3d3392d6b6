// What an address is counted as, and a table of values for sources.
#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_set>

#include <criterion/criterion.h>

#include "reactor/base/source.h"
#include "reactor/base/source_table.h"
#include "reactor/base/token_bucket.h"
#include "support/addresses.h"

using namespace sluice;        // NOLINT(google-build-using-namespace)
using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using std::chrono::seconds;

namespace {

const TimePoint kStart = TimePoint() + std::chrono::hours(1);

Address numbered(std::uint32_t number) {
  return ip("10." + std::to_string(number >> 16 & 255) + "." + std::to_string(number >> 8 & 255) +
            "." + std::to_string(number & 255));
}

}  // namespace

Test(source, of_ipv4_is_the_address_without_its_port) {
  cr_expect(Source(ip("192.0.2.1", 1)) == Source(ip("192.0.2.1", 2)));
  cr_expect(Source(ip("192.0.2.1")) == Source(ip("::ffff:192.0.2.1")));
  cr_expect(!(Source(ip("192.0.2.1")) == Source(ip("192.0.2.2"))));
  cr_expect(Source(ip("192.0.2.1"), 1) == Source(ip("192.0.2.1"), 128));
}

Test(source, of_ipv6_is_the_network_of_so_many_bits) {
  cr_expect(Source(ip("2001:db8::1")) == Source(ip("2001:db8::ffff:ffff:ffff:ffff")));
  cr_expect(!(Source(ip("2001:db8::1")) == Source(ip("2001:db8:0:1::1"))));
  cr_expect(Source(ip("2001:db8::1"), 63) == Source(ip("2001:db8:0:1::1"), 63));
  cr_expect(Source(ip("8000::"), 1) == Source(ip("ffff::"), 1));
  cr_expect(!(Source(ip("7fff::"), 1) == Source(ip("8000::"), 1)));
  cr_expect(!(Source(ip("::1"), 128) == Source(ip("::2"), 128)));
  cr_expect(Source(ip("::2"), 127) == Source(ip("::3"), 127));
}

Test(source, of_link_local_addresses_is_their_link) {
  cr_expect(Source(ip("fe80::1%1")) == Source(ip("fe80::2%1")));
  cr_expect(!(Source(ip("fe80::1%1")) == Source(ip("fe80::1%2"))));
}

Test(source, differs_from_none) {
  cr_expect(!(Source(ip("0.0.0.0")) == Source()));
  cr_expect(!(Source(ip("::")) == Source()));
}

Test(source, prints_the_network_that_is_counted) {
  cr_expect(Source(ip("192.0.2.1", 7)).to_string() == "192.0.2.1");
  cr_expect(Source(ip("::ffff:192.0.2.1", 7)).to_string() == "192.0.2.1");
  cr_expect(Source(ip("2001:db8:1:2:3:4:5:6", 7)).to_string() == "2001:db8:1:2::/64");
  cr_expect(Source(ip("2001:db8:1:2:3:4:5:6", 7), 128).to_string() == "2001:db8:1:2:3:4:5:6");
  cr_expect(Source(ip("2001:db8:1:2:3:4:5:6", 7), 45).to_string() == "2001:db8::/45");
}

Test(source, hashes_alike_when_equal) {
  cr_expect(Source(ip("2001:db8::1")).hash() == Source(ip("2001:db8::2")).hash());
  std::unordered_set<std::size_t> hashes;
  for (std::uint32_t i = 0; i < 1000; ++i) hashes.insert(Source(numbered(i)).hash());
  cr_expect(hashes.size() == 1000);
}

Test(source_table, has_a_value_for_each_source) {
  const TokenRate once = TokenRate::of(1, seconds(1), 1);
  SourceTable<TokenBucket> table;
  for (std::uint32_t i = 0; i < 4; ++i) {
    cr_expect(table.at(Source(numbered(i))).take(once, kStart));
    cr_expect(!table.at(Source(numbered(i))).take(once, kStart));
  }
}

// A peer with more addresses than the table has slots gains nothing by taking turns.
Test(source_table, gives_many_sources_no_more_than_it_has_slots) {
  const TokenRate rate = TokenRate::of(10, seconds(3600), 10);
  SourceTable<TokenBucket> table;
  std::uint32_t taken = 0;
  for (int round = 0; round < 20; ++round) {
    for (std::uint32_t i = 0; i < 5000; ++i) {
      taken += table.at(Source(numbered(i))).take(rate, kStart) ? 1U : 0U;
    }
  }
  cr_expect(taken <= 10 * SourceTable<TokenBucket>::kMaxSources, "%u", taken);
}

Test(source_table, replaces_a_source_whose_value_is_full_before_any_other) {
  const TokenRate once = TokenRate::of(1, seconds(1), 1);
  SourceTable<TokenBucket> table;
  const Source spender(ip("192.0.2.1"));
  TimePoint now = kStart;
  cr_expect(table.at(spender).take(once, now));
  for (std::uint32_t i = 0; i < 20'000; ++i) (void)table.at(Source(numbered(i)));
  cr_expect(!table.at(spender).take(once, now));
}
