// The order of addresses: the families alternate.
#include <string>

#include <criterion/criterion.h>

#include "reactor/connect/connect_order.h"
#include "support/addresses.h"

using namespace sluice;
using namespace sluice::test;

namespace {

std::string order_of(const std::vector<Address>& addresses) {
  std::string text;
  for (const Address& address : interleaved(addresses)) {
    text += (text.empty() ? "" : " ") + (address.is_unix() ? address.path() : address.host());
  }
  return text;
}

}  // namespace

Test(connect_order, alternates_between_the_families_beginning_with_ipv6) {
  cr_expect(order_of({ip("1.1.1.1"), ip("2.2.2.2"), ip("::1"), ip("::2")}) ==
            "::1 1.1.1.1 ::2 2.2.2.2");
  cr_expect(order_of({ip("::1"), ip("::2"), ip("::3"), ip("1.1.1.1")}) == "::1 1.1.1.1 ::2 ::3");
  cr_expect(order_of({ip("1.1.1.1"), ip("2.2.2.2"), ip("3.3.3.3"), ip("::1")}) ==
            "::1 1.1.1.1 2.2.2.2 3.3.3.3");
}

Test(connect_order, keeps_the_order_of_one_family) {
  cr_expect(order_of({}).empty());
  cr_expect(order_of({ip("2.2.2.2"), ip("1.1.1.1")}) == "2.2.2.2 1.1.1.1");
  cr_expect(order_of({ip("::2"), ip("::1")}) == "::2 ::1");
}

Test(connect_order, keeps_an_address_that_occurs_twice) {
  cr_expect(order_of({ip("::1"), ip("::1")}) == "::1 ::1");
}

Test(connect_order, counts_mapped_and_unix_addresses_as_not_ipv6) {
  cr_expect(order_of({ip("::ffff:1.1.1.1"), path("/s"), ip("::1")}) == "::1 ::ffff:1.1.1.1 /s");
}
