// How far a scan is, in words and as a bar.
#include <string>

#include <criterion/criterion.h>

#include "support/scan_reports.h"
#include "tools/sluice-scan/progress.h"

using sluice::test::expect_text;
using sluice::tools::scan::progress_bar;
using sluice::tools::scan::progress_line;
using sluice::tools::scan::ProgressState;

namespace {

ProgressState at(std::uint64_t done, std::uint64_t total) {
  return {done, total, 3, done, std::chrono::milliseconds(2000)};
}

}  // namespace

Test(scan_progress, the_line_says_how_far_how_fast_and_how_long) {
  expect_text(progress_line(at(8061, 65'535)),
              "12.3 % done (8061 of 65535), 4030/s, 3 open, 15 s left");
  expect_text(progress_line(at(0, 10)), "0.0 % done (0 of 10), 0/s, 3 open, ? left");
  expect_text(progress_line({0, 0, 0, 0, {}}), "100.0 % done (0 of 0), 0/s, 0 open, ? left");
}

Test(scan_progress, what_is_not_finished_is_not_all) {
  expect_text(progress_line(at(999'999, 1'000'000)),
              "99.9 % done (999999 of 1000000), 499999/s, 3 open, 1 s left");
}

Test(scan_progress, only_this_run_counts_for_the_rate) {
  ProgressState state = at(900, 1000);
  state.done_here = 100;
  expect_text(progress_line(state), "90.0 % done (900 of 1000), 50/s, 3 open, 2 s left");
}

Test(scan_progress, long_times_are_in_long_units) {
  const auto left = [](std::uint64_t seconds) {
    const std::string line = progress_line(at(2, 2 + seconds));
    return line.substr(line.rfind(", ") + 2);
  };
  expect_text(left(119), "119 s left");
  expect_text(left(600), "10 min left");
  expect_text(left(36'000), "10 h left");
  expect_text(left(864'000), "10 days left");
}

Test(scan_progress, the_bar_fits_where_it_is_drawn) {
  expect_text(progress_bar(at(50, 100), 60),
              "[=============>            ] 50.0 %  25/s  3 open  2 s left");
  for (std::size_t columns = 0; columns < 200; ++columns) {
    for (const std::uint64_t done : {0U, 50U, 100U}) {
      const std::string bar = progress_bar(at(done, 100), columns);
      cr_expect(bar.size() < columns || columns == 0, "%zu: %s", columns, bar.c_str());
    }
  }
  cr_expect(progress_bar(at(1, 2), 0).empty());
}
