// A report that is made at most once a second; its counts add up, also at the end.
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
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
    loop.set_reporter([this](const Report& one) { reports.push_back(one); });
  }
  [[nodiscard]] std::vector<std::uint64_t> counts() const {
    std::vector<std::uint64_t> all;
    for (const Report& one : reports) all.push_back(one.count);
    return all;
  }

  Loop loop{LoopOptions{.virtual_time = true}};
  std::vector<Report> reports;
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

Test(paced_report, is_made_at_once_for_the_first_event) {
  World world;
  cr_expect(world.reports.empty());
  world.report.happened();
  cr_assert(world.reports.size() == 1);
  cr_expect(world.reports[0].kind == Report::Kind::refused);
  cr_expect(world.reports[0].where == "here");
  cr_expect(world.reports[0].what == "description 1");
  cr_expect(world.reports[0].count == 1);
}

Test(paced_report, combines_the_other_events_a_second_later) {
  World world;
  for (int i = 0; i < 1'000; ++i) world.report.happened();
  world.loop.advance(milliseconds(999));
  cr_expect(world.counts() == Counts{1});
  world.loop.advance(milliseconds(1));
  cr_expect((world.counts() == Counts{1, 999}));
  cr_expect(world.described == 2);
}

Test(paced_report, is_made_at_most_once_a_second_while_events_continue) {
  World world;
  for (int i = 0; i < 50; ++i) {
    world.report.happened();
    world.loop.advance(milliseconds(100));
  }
  cr_expect((world.counts() == Counts{1, 9, 10, 10, 10, 10}));
}

Test(paced_report, is_not_made_without_events) {
  World world;
  world.report.happened();
  world.loop.advance(std::chrono::hours(1));
  cr_expect(world.counts() == Counts{1});
}

Test(paced_report, is_made_at_once_again_after_a_second_without_events) {
  World world;
  world.report.happened();
  world.loop.advance(milliseconds(1'000));
  world.report.happened();
  cr_expect((world.counts() == Counts{1, 1}));
}

namespace {

Report refusal() {
  return {.kind = Report::Kind::refused, .where = "here", .what = "refused", .error = {}};
}

}  // namespace

Test(paced_report, reports_the_remaining_events_when_it_is_destroyed) {
  World world;
  {
    PacedReport report(world.loop, refusal);
    for (int i = 0; i < 4; ++i) report.happened();
    cr_expect(world.counts() == Counts{1});
  }
  cr_expect((world.counts() == Counts{1, 3}));
  world.loop.advance(milliseconds(5'000));
  cr_expect((world.counts() == Counts{1, 3}), "and not again");
}

Test(paced_report, reports_the_remaining_events_when_its_loop_is_destroyed_first) {
  Counts counts;
  PacedReport report(refusal);
  {
    Loop loop(LoopOptions{.virtual_time = true});
    loop.set_reporter([&counts](const Report& one) { counts.push_back(one.count); });
    for (int i = 0; i < 4; ++i) report.happened(loop);
    cr_expect(counts == Counts{1});
  }
  cr_expect((counts == Counts{1, 3}));
}

Test(paced_report, works_on_another_loop_after_the_first_was_destroyed) {
  Counts counts;
  PacedReport report(refusal);
  for (int round = 0; round < 2; ++round) {
    Loop loop(LoopOptions{.virtual_time = true});
    loop.set_reporter([&counts](const Report& one) { counts.push_back(one.count); });
    report.happened(loop);
  }
  cr_expect((counts == Counts{1, 1}));
}

Test(paced_report, may_be_one_of_several_that_are_destroyed_in_any_order) {
  World world;
  auto first = std::make_unique<PacedReport>(world.loop, refusal);
  auto second = std::make_unique<PacedReport>(world.loop, refusal);
  auto third = std::make_unique<PacedReport>(world.loop, refusal);
  for (PacedReport* one : {first.get(), second.get(), third.get()}) {
    for (int i = 0; i < 3; ++i) one->happened();
  }
  second.reset();
  first.reset();
  third.reset();
  cr_expect((world.counts() == Counts{1, 1, 1, 2, 2, 2}));
}

Test(paced_report, may_be_destroyed_by_the_reporter) {
  Loop loop(LoopOptions{.virtual_time = true});
  auto report = std::make_unique<PacedReport>(loop, refusal);
  int reported = 0;
  loop.set_reporter([&](const Report&) {
    if (++reported == 2) report.reset();
  });
  report->happened();
  report->happened();
  loop.advance(milliseconds(5'000));
  cr_expect(reported == 2);
  cr_expect(report == nullptr);
}

Test(paced_report, held_back_delays_the_first_report_by_a_second_too) {
  World world;
  world.report.hold_back();
  world.report.happened();
  world.report.happened();
  cr_expect(world.reports.empty());
  world.loop.advance(milliseconds(1'000));
  cr_expect(world.counts() == Counts{2});
}

Test(paced_report, counts_an_event_whose_description_fails_with_the_next_one) {
  World world;
  bool fails = true;
  PacedReport report(world.loop, [&fails] {
    if (fails) throw std::runtime_error("no description");
    return refusal();
  });
  cr_expect_throw(report.happened(), std::runtime_error);
  fails = false;
  report.happened();
  cr_expect(world.counts() == Counts{2});
}
