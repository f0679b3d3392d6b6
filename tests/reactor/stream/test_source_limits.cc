// How many connections each source has: the counting alone, without sockets.
#include <criterion/criterion.h>

#include "reactor/stream/source_limits.h"
#include "support/addresses.h"

using namespace sluice;
using namespace sluice::test;

Test(source_limits, lets_in_as_many_as_the_limit_says_and_no_more) {
  SourceLimits limits(2);
  cr_expect(limits.add(ip("192.0.2.1")));
  cr_expect(limits.add(ip("192.0.2.1")));
  cr_expect(not limits.add(ip("192.0.2.1")));
  cr_expect(limits.count(ip("192.0.2.1")) == 2);
}

Test(source_limits, counts_a_source_whatever_port_it_comes_from) {
  SourceLimits limits(1);
  cr_expect(limits.add(ip("192.0.2.1", 1000)));
  cr_expect(not limits.add(ip("192.0.2.1", 2000)));
  limits.remove(ip("192.0.2.1", 3000));
  cr_expect(limits.add(ip("192.0.2.1", 4000)));
}

Test(source_limits, counts_each_source_on_its_own) {
  SourceLimits limits(1);
  cr_expect(limits.add(ip("192.0.2.1")));
  cr_expect(limits.add(ip("192.0.2.2")));
  cr_expect(limits.add(ip("2001:db8::1")));
  cr_expect(limits.sources() == 3);
}

Test(source_limits, takes_a_mapped_address_for_the_ipv4_address_that_it_is) {
  SourceLimits limits(1);
  cr_expect(limits.add(ip("::ffff:192.0.2.1")));
  cr_expect(not limits.add(ip("192.0.2.1")));
}

Test(source_limits, forgets_a_source_with_its_last_connection) {
  SourceLimits limits(5);
  for (int i = 0; i < 3; ++i) cr_expect(limits.add(ip("192.0.2.1")));
  for (int i = 0; i < 2; ++i) limits.remove(ip("192.0.2.1"));
  cr_expect(limits.sources() == 1);
  limits.remove(ip("192.0.2.1"));
  cr_expect(limits.sources() == 0);
  cr_expect(limits.count(ip("192.0.2.1")) == 0);
}

Test(source_limits, of_none_lets_nobody_in_and_remembers_nobody) {
  SourceLimits limits(0);
  cr_expect(not limits.add(ip("192.0.2.1")));
  cr_expect(limits.sources() == 0);
}

Test(source_limits, are_not_upset_by_the_leaving_of_somebody_unknown) {
  SourceLimits limits(1);
  limits.remove(ip("192.0.2.1"));
  cr_expect(limits.sources() == 0);
  cr_expect(limits.add(ip("192.0.2.1")));
}
