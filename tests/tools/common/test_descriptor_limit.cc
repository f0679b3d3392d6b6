// The limit of descriptors, raised as far as it goes.
#include <sys/resource.h>

#include <criterion/criterion.h>

#include "tools/common/descriptor_limit.h"

using sluice::tools::DescriptorLimit;
using sluice::tools::raise_descriptor_limit;

Test(descriptor_limit, the_soft_one_becomes_the_hard_one) {
  const rlimit low{100, 200};
  cr_assert(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  const DescriptorLimit limit = raise_descriptor_limit();
  cr_expect(limit.before == "100" && limit.now == "200" && limit.count == 200 && !limit.error);
  rlimit now{};
  cr_assert(::getrlimit(RLIMIT_NOFILE, &now) == 0);
  cr_expect(now.rlim_cur == 200);
}

Test(descriptor_limit, one_that_is_there_already_stays) {
  const rlimit same{150, 150};
  cr_assert(::setrlimit(RLIMIT_NOFILE, &same) == 0);
  const DescriptorLimit limit = raise_descriptor_limit();
  cr_expect(limit.before == "150" && limit.now == "150" && limit.count == 150 && !limit.error);
}

Test(descriptor_limit, leaves_some_for_everything_else_and_for_each_further_loop) {
  using sluice::tools::connections_for;
  cr_expect(connections_for(1024) == 960);
  cr_expect(connections_for(1024, 3) == 954);
  cr_expect(connections_for(100) == 75);
  cr_expect(connections_for(100, 256) == 75);
  cr_expect(connections_for(DescriptorLimit::kNone, 2) == DescriptorLimit::kNone);
}
