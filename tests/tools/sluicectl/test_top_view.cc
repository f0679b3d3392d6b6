// The screen of `sluicectl top`, without a terminal.
#include <algorithm>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluicectl/top_json.h"
#include "tools/sluicectl/top_view.h"

using sluice::tools::control::kTopHistory;
using sluice::tools::control::short_number;
using sluice::tools::control::top_bars;
using sluice::tools::control::top_json;
using sluice::tools::control::top_lines;
using sluice::tools::control::TopLine;
using sluice::tools::control::TopView;

namespace {

TopView busy() {
  TopView view;
  view.version = "0.2.0";
  view.open = 12;
  view.turns = 250;
  view.lag = 0.26;
  view.ended = {{"idle_timeout", 2}};
  view.services = {{.name = "echo",
                    .endpoint = "tcp://127.0.0.1:7",
                    .open = 12,
                    .accepted = 3.5,
                    .refused = 0,
                    .bytes_in = 1'500,
                    .bytes_out = 2'000'000,
                    .history = std::vector<double>(30, 1)},
                   {.name = "a-very-long-name", .endpoint = "udp://127.0.0.1:7"}};
  view.peers = {{.id = "3.17",
                 .service = "echo",
                 .address = "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535",
                 .queued = 262'144,
                 .age = 90,
                 .paused_by = "peer"}};
  return view;
}

std::string text_of(const std::vector<TopLine>& lines) {
  std::string text;
  for (const TopLine& line : lines) text += line.text + '\n';
  return text;
}

}  // namespace

Test(top_view, at_80_columns_and_24_rows_is_this) {
  const std::string text = text_of(top_lines(busy(), 80, 24));
  const std::string want =
      "sluiced 0.2.0  open 12  accepted/s 4  refused/s 0  in/s 1.5k  out/s 2.0M\n"
      "loop lag 0.3 ms  turns/s 250  idle_timeout/s 2\n"
      "\n"
      "SERVICE       OPEN ACC/S REF/S  IN/S OUT/S  LAST MINUTE\n"
      "echo tcp        12     4     0  1.5k  2.0M                    ##################\n"
      "a-very-long-     0     0     0     0     0\n"
      "\n"
      "ID         SERVICE      SLOWEST PEERS                    QUEUED   AGE  PAUSED BY\n"
      "3.17       echo         [2001:db8:1234:5678:9abc:def0:12   262k    90  peer\n";
  cr_expect(text.starts_with(want), "%s", text.c_str());
  cr_expect(text.ends_with("\nq quits\n"));
}

Test(top_view, says_why_newcomers_were_refused_the_most_frequent_reason_first) {
  TopView view = busy();
  view.services[0].refused_by = {{"max", 2}, {"per-source", 1'500}};
  view.services[1].refused_by = {{"access", 7}};
  const std::string text = text_of(top_lines(view, 80, 24));
  cr_expect(text.find("\nrefused/s  echo per-source 1.5k  a-very-long-name access 7  echo max 2\n"
                      "SERVICE ") != std::string::npos,
            "%s", text.c_str());
}

Test(top_view, as_json_has_the_same_numbers) {
  TopView view = busy();
  view.services.pop_back();
  view.services[0].refused_by = {{"per-source", 1.5}};
  const std::string text = top_json(view);
  const std::string want =
      R"({"version":"0.2.0","open":12,"turns_per_second":250.0,"loop_lag_ms":0.26,)"
      R"("closed_by":[{"reason":"idle_timeout","per_second":2.0}],)"
      R"("services":[{"name":"echo","endpoint":"tcp://127.0.0.1:7","open":12,)"
      R"("accepted_per_second":3.5,"refused_per_second":0.0,)"
      R"("refused_by":[{"reason":"per-source","per_second":1.5}],)"
      R"("bytes_in_per_second":1500.0,"bytes_out_per_second":2000000.0}],)"
      R"("slowest_peers":[{"id":"3.17","service":"echo",)"
      R"("peer":"[2001:db8:1234:5678:9abc:def0:1234:5678]:65535","queued":262144,"age":90,)"
      R"("paused_by":"peer"}]})"
      "\n";
  cr_expect(text == want, "%s", text.c_str());
  view.lag.reset();
  view.peers[0].paused_by.clear();
  cr_expect(top_json(view).find(R"("loop_lag_ms":null)") != std::string::npos);
  cr_expect(top_json(view).find(R"("paused_by":null)") != std::string::npos);
}

Test(top_view, fits_every_size_and_says_how_to_quit) {
  TopView view = busy();
  for (int i = 0; i < 30; ++i) view.services.push_back(view.services[0]);
  for (int i = 0; i < 60; ++i) view.peers.push_back(view.peers[0]);
  for (std::size_t columns = 1; columns < 250; columns += 3) {
    for (std::size_t rows = 1; rows < 70; ++rows) {
      const std::vector<TopLine> lines = top_lines(view, columns, rows);
      cr_assert(lines.size() == rows);
      for (const TopLine& line : lines) cr_assert(line.text.size() <= columns);
      cr_assert(lines.back().text == std::string("q quits").substr(0, columns) ||
                lines.back().text == "q");
    }
  }
  cr_expect(top_lines(view, 80, 0).empty());
  cr_expect(top_lines(view, 0, 24).size() == 24);
}

Test(top_view, says_how_many_services_do_not_fit_and_leaves_lines_for_peers) {
  TopView view = busy();
  view.services.assign(40, view.services[0]);
  view.peers.assign(40, view.peers[0]);
  const std::string text = text_of(top_lines(view, 80, 24));
  cr_expect(text.find("\n... and 28 more\n") != std::string::npos, "%s", text.c_str());
  cr_expect(text.find("\n3.17 ") != std::string::npos, "%s", text.c_str());
}

Test(top_view, uses_a_wide_screen_for_a_column_a_second) {
  TopView view = busy();
  const std::string text = text_of(top_lines(view, 200, 24));
  cr_expect(text.find("a-very-long-name udp ") != std::string::npos, "%s", text.c_str());
  cr_expect(text.find(' ' + std::string(30, '#') + '\n') != std::string::npos);
}

Test(top_view, shortens_numbers_to_five_characters) {
  cr_expect(short_number(0) == "0");
  cr_expect(short_number(0.4) == "0.4");
  cr_expect(short_number(0.96) == "1");
  cr_expect(short_number(7.4) == "7");
  cr_expect(short_number(999) == "999");
  cr_expect(short_number(999.9) == "1.0k");
  cr_expect(short_number(1'000) == "1.0k");
  cr_expect(short_number(9'960) == "10k");
  cr_expect(short_number(123'456) == "123k");
  cr_expect(short_number(999'600) == "1.0M");
  cr_expect(short_number(2.5e12) == "2.5T");
  for (double number = 0.01; number < 1e30; number *= 1.07) {
    cr_assert(short_number(number).size() <= 5, "%s", short_number(number).c_str());
  }
}

Test(top_view, bars_show_the_last_minute_relative_to_its_largest_value) {
  cr_expect(top_bars({}, 6) == "      ");
  cr_expect(top_bars({0, 0}, 6) == "      ");
  std::vector<double> history(kTopHistory, 0);
  history[0] = 7;
  history[10] = 1;
  history[59] = 14;
  cr_expect(top_bars(history, 6) == "-.   #", "%s", top_bars(history, 6).c_str());
  history.insert(history.begin(), 1'000'000);  // older than a minute
  cr_expect(top_bars(history, 6) == "-.   #");
  cr_expect(top_bars(history, kTopHistory).back() == '#');
  cr_expect(top_bars({5}, 2 * kTopHistory).ends_with("##"));
  cr_expect(top_bars({5}, 0).empty());
}
