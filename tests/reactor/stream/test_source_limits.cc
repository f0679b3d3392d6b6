// The number of connections of each source: only the counting, without sockets.
#include <criterion/criterion.h>

#include "reactor/stream/source_limits.h"
#include "support/addresses.h"

using namespace sluice;
using namespace sluice::test;

Test(source_limits, accept_up_to_the_limit) {
  SourceLimits limits(2);
  cr_expect(limits.add(ip("192.0.2.1")));
  cr_expect(limits.add(ip("192.0.2.1")));
  cr_expect(not limits.add(ip("192.0.2.1")));
  cr_expect(limits.count(ip("192.0.2.1")) == 2);
}

Test(source_limits, count_a_source_regardless_of_its_port) {
  SourceLimits limits(1);
  cr_expect(limits.add(ip("192.0.2.1", 1000)));
  cr_expect(not limits.add(ip("192.0.2.1", 2000)));
  limits.remove(ip("192.0.2.1", 3000));
  cr_expect(limits.add(ip("192.0.2.1", 4000)));
}

Test(source_limits, count_each_source_separately) {
  SourceLimits limits(1);
  cr_expect(limits.add(ip("192.0.2.1")));
  cr_expect(limits.add(ip("192.0.2.2")));
  cr_expect(limits.add(ip("2001:db8::1")));
  cr_expect(limits.sources() == 3);
}

Test(source_limits, treat_a_mapped_address_as_ipv4) {
  SourceLimits limits(1);
  cr_expect(limits.add(ip("::ffff:192.0.2.1")));
  cr_expect(not limits.add(ip("192.0.2.1")));
}

Test(source_limits, forget_a_source_with_its_last_connection) {
  SourceLimits limits(5);
  for (int i = 0; i < 3; ++i) cr_expect(limits.add(ip("192.0.2.1")));
  for (int i = 0; i < 2; ++i) limits.remove(ip("192.0.2.1"));
  cr_expect(limits.sources() == 1);
  limits.remove(ip("192.0.2.1"));
  cr_expect(limits.sources() == 0);
  cr_expect(limits.count(ip("192.0.2.1")) == 0);
}

Test(source_limits, of_zero_accept_and_remember_nobody) {
  SourceLimits limits(0);
  cr_expect(not limits.add(ip("192.0.2.1")));
  cr_expect(limits.sources() == 0);
}

Test(source_limits, ignore_the_end_of_an_unknown_source) {
  SourceLimits limits(1);
  limits.remove(ip("192.0.2.1"));
  cr_expect(limits.sources() == 0);
  cr_expect(limits.add(ip("192.0.2.1")));
}
