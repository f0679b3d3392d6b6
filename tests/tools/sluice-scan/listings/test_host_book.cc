// Hosts are put together from their ports, and handed out when they are finished.
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluice-scan/listings/host_book.h"
#include "tools/sluice-scan/targets/target_spec.h"

using sluice::tools::scan::HostBook;
using sluice::tools::scan::OpenPort;
using sluice::tools::scan::PortList;
using sluice::tools::scan::PortState;
using sluice::tools::scan::ScanSpace;
using sluice::tools::scan::TargetSet;

namespace {

struct World {
  explicit World(const std::string& text) {
    for (const auto& range : sluice::tools::scan::parse_target_spec(text).ranges)
      targets.add(range);
    targets.freeze();
  }

  TargetSet targets;
  PortList ports{22, 80};
};

}  // namespace

Test(scan_host_book, a_group_is_handed_out_when_all_of_it_is_known) {
  World world("10.0.0.0/31");
  const ScanSpace space(world.targets, world.ports, 1, {});
  HostBook book(space, [&](std::uint64_t group) { return space.group_size(group); });
  book.add_open(1, {80, {}, "http", "", 7});
  book.add(0, PortState::closed, 9);
  book.add_open(1, {22, {}, "ssh", "", 8});
  cr_expect(book.take_finished().empty());
  cr_expect(book.held().size() == 2);
  book.add(0, PortState::filtered, 9);
  const auto hosts = book.take_finished();
  cr_assert(hosts.size() == 2);
  cr_expect(hosts[0].address.host() == "10.0.0.0");
  cr_expect(hosts[0].closed == 1 && hosts[0].filtered == 1 && hosts[0].open.empty());
  cr_expect(hosts[1].address.host() == "10.0.0.1");
  cr_assert(hosts[1].open.size() == 2);
  cr_expect(hosts[1].open[0].port == 22 && hosts[1].open[1].port == 80);
  cr_expect(book.held().empty());
  cr_expect(book.take_all().empty());
}

Test(scan_host_book, groups_are_finished_one_by_one_in_any_order) {
  World world("10.0.0.0/17");
  const ScanSpace space(world.targets, world.ports, 1, {});
  HostBook book(space, [](std::uint64_t) { return 1U; });
  book.add(ScanSpace::kGroup, PortState::closed, 9);
  book.add(3, PortState::unreachable, 9);
  const auto hosts = book.take_finished();
  cr_assert(hosts.size() == 2);
  cr_expect(hosts[0].address.host() == "10.0.0.3");
  cr_expect(hosts[1].address.host() == "10.0.64.0");
}

Test(scan_host_book, what_is_held_is_bounded) {
  World world("10.0.0.0/24");
  const ScanSpace space(world.targets, world.ports, 1, {});
  HostBook book(space, [](std::uint64_t) { return std::uint64_t{1} << 40; });
  std::size_t open = 0;
  std::size_t handed_out = 0;
  for (; handed_out == 0 && open < 1'000'000; ++open) {
    book.add_open(open % 256, {80, {}, "", std::string(1000, 'x'), open});
    for (const auto& host : book.take_finished()) handed_out += host.open.size();
  }
  cr_expect(handed_out == open);
  cr_expect(open > 1000 && open < HostBook::kMaxHeld / 1000 + 2);
  cr_expect(book.held().empty());
}

Test(scan_host_book, an_interrupted_host_is_handed_out_and_goes_on) {
  World world("10.0.0.0");
  const ScanSpace space(world.targets, world.ports, 1, {});
  HostBook book(space, [&](std::uint64_t group) { return space.group_size(group); });
  book.add(0, PortState::closed, 9);
  cr_expect(book.take_all().size() == 1);
  book.add_open(0, {80, {}, "", "", 1});
  const auto hosts = book.take_finished();
  cr_assert(hosts.size() == 1);
  cr_expect(hosts[0].closed == 0 && hosts[0].open.size() == 1);
}

Test(scan_host_book, few_ports_that_are_not_open_are_named) {
  World world("10.0.0.0/32");
  world.ports.resize(1000);
  const ScanSpace space(world.targets, world.ports, 1, {});
  HostBook book(space, [](std::uint64_t) { return 100U; });
  for (std::uint16_t port = 9; port > 1; --port) book.add(0, PortState::closed, port);
  for (std::uint16_t port = 19; port > 10; --port) book.add(0, PortState::filtered, port);
  const auto hosts = book.take_all();
  cr_assert(hosts.size() == 1);
  cr_expect(hosts[0].closed == 8 && hosts[0].closed_ports == PortList({2, 3, 4, 5, 6, 7, 8, 9}));
  cr_expect(hosts[0].filtered == 9 && hosts[0].filtered_ports.empty(), "one too many");
}
