// Hosts that are taken for down, by the results of their likely ports.
#include <string>

#include <criterion/criterion.h>

#include "tools/sluice-scan/host_rounds.h"
#include "tools/sluice-scan/targets/target_spec.h"

using namespace sluice::tools::scan;

namespace {

struct World {
  explicit World(const std::string& text, std::uint64_t next = 0, PortList likely = {22, 80})
      : targets(targets_of(text)),
        space(targets, ports, 1, {}, likely),
        rounds(space, next),
        position(next) {}

  static TargetSet targets_of(const std::string& text) {
    TargetSet set;
    for (const auto& range : parse_target_spec(text).ranges) set.add(range);
    set.freeze();
    return set;
  }
  // Scans until results have to be known, or to the end. Host 0 is silent, host 1 unreachable, and
  // the others answer in some way.
  void scan() {
    while (position < space.size() && !rounds.must_wait(position)) {
      const auto place = space.place(position);
      const auto down = rounds.state_of_down(position, place);
      if (down) ++(*down == PortState::filtered ? silent : unreachable);
      if (!down) ++probed;
      PortResult result;
      result.target.tag = position++;
      result.state = place.host == 0   ? PortState::filtered
                     : place.host == 1 ? PortState::unreachable
                     : place.host == 2 ? PortState::open
                                       : PortState::closed;
      if (place.host == 4) result = {result.target, PortState::filtered, 113, {}};  // prohibited
      rounds.saw(result);
    }
  }

  PortList ports{22, 80, 443, 8080, 9090};
  TargetSet targets;
  ScanSpace space;
  HostRounds rounds;
  std::uint64_t position;
  int probed = 0, silent = 0, unreachable = 0;
};

}  // namespace

Test(scan_host_rounds, hosts_without_any_answer_are_not_probed_again) {
  World world("10.0.0.0-7");
  world.scan();
  cr_expect(world.position == 8 * 2, "all likely ports, and then it waits");
  cr_expect(world.rounds.must_wait(world.position), "still");
  world.rounds.all_known();
  world.scan();
  cr_expect(world.position == world.space.size());
  cr_expect(world.probed == 8 * 2 + 6 * 3);
  cr_expect(world.silent == 3 && world.unreachable == 3);
}

Test(scan_host_rounds, each_group_has_its_own) {
  World world("10.0.0.0/17");
  world.scan();
  world.rounds.all_known();
  world.scan();
  cr_expect(world.position == ScanSpace::kGroup * 5 + ScanSpace::kGroup * 2, "in the second group");
  world.rounds.all_known();
  world.scan();
  cr_expect(world.position == world.space.size());
  cr_expect(world.silent == 3 && world.unreachable == 3, "the same numbers are other hosts there");
}

Test(scan_host_rounds, a_run_that_begins_in_the_middle_knows_nothing_of_that_group) {
  for (const std::uint64_t next : {5U, 20U}) {
    World world("10.0.0.0-7", next);
    world.scan();
    cr_expect(world.position == world.space.size(), "it waits for nothing");
    cr_expect(world.silent == 0 && world.unreachable == 0);
  }
}

Test(scan_host_rounds, without_likely_ports_there_are_no_rounds) {
  World world("10.0.0.0-7", 0, {});
  world.scan();
  cr_expect(world.position == world.space.size() && world.probed == 8 * 5);
}
