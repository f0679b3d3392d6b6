// Which targets share a path, and which paths are kept while no probe uses them.
#include <cstddef>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "reactor/sweep/sweep_path.h"
#include "support/addresses.h"

using namespace sluice;
using namespace sluice::test;

namespace {

Address in_network(std::size_t number) {
  return ip("10." + std::to_string(number / 256) + "." + std::to_string(number % 256) + ".1");
}

}  // namespace

Test(sweep_path, is_shared_by_the_hosts_of_a_network) {
  SweepPaths paths({});
  SweepPath& one = paths.enter(ip("10.1.2.3"));
  cr_expect(&paths.enter(ip("10.1.2.4")) == &one);
  cr_expect(&paths.enter(ip("10.1.3.3")) != &one);
  cr_expect(&paths.enter(ip("10.1.2.5")) == &one);
  cr_expect(one.probes == 3 && paths.size() == 2);
}

Test(sweep_path, is_kept_while_no_probe_uses_it) {
  SweepPaths paths({});
  SweepPath& path = paths.enter(ip("10.1.2.3"));
  path.answered = true;
  paths.leave(path);
  cr_expect(path.probes == 0);
  cr_expect(paths.enter(ip("10.1.2.9")).answered);
}

Test(sweep_path, is_freed_after_many_others_were_used) {
  SweepPaths paths({});
  for (std::size_t i = 0; i <= SweepPaths::kMaxIdle; ++i) {
    SweepPath& path = paths.enter(in_network(i));
    path.answered = true;
    paths.leave(path);
  }
  cr_expect(paths.size() == SweepPaths::kMaxIdle);
  cr_expect(paths.enter(in_network(1)).answered);
  cr_expect(!paths.enter(in_network(0)).answered);
}

Test(sweep_path, is_not_freed_while_a_probe_uses_it) {
  SweepPaths paths({});
  SweepPath& busy = paths.enter(in_network(0));
  busy.answered = true;
  for (std::size_t i = 1; i <= SweepPaths::kMaxIdle + 1; ++i) {
    paths.leave(paths.enter(in_network(i)));
  }
  cr_expect(paths.size() == SweepPaths::kMaxIdle + 1);
  cr_expect(&paths.enter(in_network(0)) == &busy && busy.answered);
}
