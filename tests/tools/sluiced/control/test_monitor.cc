// The rows that watching clients of the control socket receive.
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluiced/control/monitor.h"

using sluice::Report;
using sluice::tools::daemon::LogLevel;
using sluice::tools::daemon::Monitor;
using sluice::tools::daemon::MonitorWatcher;

namespace {

class Rows final : public MonitorWatcher {
 public:
  void on_event(std::string_view row) noexcept override { rows_.emplace_back(row); }
  void on_missed_event() noexcept override { ++missed_; }

  [[nodiscard]] std::size_t count() const { return rows_.size(); }
  // The last row from its event on: the time before it differs.
  [[nodiscard]] std::string last() const {
    return rows_.back().substr(rows_.back().find("\"event"));
  }

 private:
  std::vector<std::string> rows_;
  int missed_ = 0;
};

void expect_text(const std::string& got, std::string_view wanted) {
  cr_expect(got == wanted, "got: %s", got.c_str());
}

}  // namespace

Test(monitor, passes_a_line_of_the_log_to_each_watcher) {
  Monitor monitor;
  Rows first;
  Rows second;
  monitor.add(first);
  monitor.add(second);
  monitor.logged(LogLevel::warning, "a \"word\"\n");
  expect_text(first.last(),
              "\"event\":\"log\",\"level\":\"warning\",\"text\":\"a \\\"word\\\"\\n\"}\n");
  expect_text(second.last(), first.last());
}

Test(monitor, counts_the_newcomers_of_a_report) {
  Monitor monitor;
  Rows rows;
  monitor.add(rows);
  monitor.refused({.kind = Report::Kind::refused,
                   .where = "tcp://127.0.0.1:7",
                   .what = "192.0.2.7: the limit of 1",
                   .error = {},
                   .count = 3});
  expect_text(rows.last(),
              "\"event\":\"refused\",\"endpoint\":\"tcp://127.0.0.1:7\",\"count\":3,"
              "\"reason\":\"192.0.2.7: the limit of 1\"}\n");
}

Test(monitor, forgets_a_watcher_that_is_removed) {
  Monitor monitor;
  Rows stays;
  Rows leaves;
  monitor.add(leaves);
  monitor.add(stays);
  monitor.remove(leaves);
  monitor.logged(LogLevel::info, "x");
  cr_expect(leaves.count() == 0);
  cr_expect(stays.count() == 1);
}
