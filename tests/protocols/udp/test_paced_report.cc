// A report that is told once a second at most, and whose counts add up.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include <sluice/loop.h>
#include <sluice/paced_report.h>

using sluice::Loop;
using sluice::LoopOptions;
using sluice::PacedReport;
using sluice::Report;
using std::chrono::milliseconds;

namespace {

struct World {
  World() {
    loop.set_reporter([this](const Report& one) { told.push_back(one); });
  }
  [[nodiscard]] std::vector<std::uint64_t> counts() const {
    std::vector<std::uint64_t> all;
    for (const Report& one : told) all.push_back(one.count);
    return all;
  }

  Loop loop{LoopOptions{.virtual_time = true}};
  std::vector<Report> told;
  int described = 0;
  PacedReport report{loop, [this] {
                       ++described;
                       return Report{.kind = Report::Kind::refused,
                                     .where = "here",
                                     .what = "description " + std::to_string(described),
                                     .error = {}};
                     }};
};

using Counts = std::vector<std::uint64_t>;

}  // namespace

Test(paced_report, tells_the_first_event_at_once) {
  World world;
  cr_expect(world.told.empty());
  world.report.happened();
  cr_assert(world.told.size() == 1);
  cr_expect(world.told[0].kind == Report::Kind::refused);
  cr_expect(world.told[0].where == "here");
  cr_expect(world.told[0].what == "description 1");
  cr_expect(world.told[0].count == 1);
}

Test(paced_report, tells_the_others_together_a_second_later) {
  World world;
  for (int i = 0; i < 1'000; ++i) world.report.happened();
  world.loop.advance(milliseconds(999));
  cr_expect(world.counts() == Counts{1});
  world.loop.advance(milliseconds(1));
  cr_expect((world.counts() == Counts{1, 999}));
  cr_expect(world.described == 2);
}

Test(paced_report, keeps_to_one_a_second_while_events_go_on) {
  World world;
  for (int i = 0; i < 50; ++i) {
    world.report.happened();
    world.loop.advance(milliseconds(100));
  }
  cr_expect((world.counts() == Counts{1, 9, 10, 10, 10, 10}));
}

Test(paced_report, says_nothing_when_nothing_happens) {
  World world;
  world.report.happened();
  world.loop.advance(std::chrono::hours(1));
  cr_expect(world.counts() == Counts{1});
}

Test(paced_report, tells_at_once_again_after_a_second_of_peace) {
  World world;
  world.report.happened();
  world.loop.advance(milliseconds(1'000));
  world.report.happened();
  cr_expect((world.counts() == Counts{1, 1}));
}

Test(paced_report, may_go_with_events_untold) {
  Loop loop(LoopOptions{.virtual_time = true});
  int told = 0;
  loop.set_reporter([&told](const Report&) { ++told; });
  {
    PacedReport report(loop, [] {
      return Report{.kind = Report::Kind::refused, .where = {}, .what = {}, .error = {}};
    });
    report.happened();
    report.happened();
  }
  loop.advance(milliseconds(5'000));
  cr_expect(told == 1);
}
