#include "status_json.h"

#include <chrono>
#include <cstdint>
#include <numeric>
#include <vector>

#include "../../../reactor/base/version.h"
#include "../../common/json_object.h"
#include "../endpoints/socket_keys.h"

namespace sluice::tools::daemon {
namespace {

std::string loop_json(const Counters& counters) {
  const TimeHistogram& lags = counters.timer_lags;
  JsonObject row;
  row.add_number("connections_open", counters.connections_open);
  row.add_number("accepted", counters.accepted);
  row.add_number("refused", counters.refused);
  add_work(row, counters);
  row.add_number("timers",
                 std::accumulate(lags.counts.begin(), lags.counts.end(), std::uint64_t{0}));
  row.add_number("timer_lag_us", lags.sum);
  return row.text();
}

}  // namespace

void add_work(JsonObject& row, const Counters& counters) {
  row.add_number("bytes_in", counters.bytes_in);
  row.add_number("bytes_out", counters.bytes_out);
  row.add_number("turns", counters.turns);
  row.add_number("slow_turns", counters.slow_turns);
  row.add_number("longest_turn_us", counters.longest_turn_us);
}

JsonObject service_row(const ServiceSet::Member& member) {
  const ServiceCounters counters = member.counters();
  JsonObject row;
  row.add_text("name", service_name(member.spec));
  row.add_text("kind", member.kind->name);
  row.add_text("endpoint", member.spec.written(member.service->endpoint()));
  row.add_text("state", member.draining ? "draining" : member.retired ? "retired" : "serving");
  row.add_number("open", std::uint64_t{counters.open});
  row.add_number("accepted", counters.accepted);
  row.add_number("refused", counters.refused);
  row.add_number("bytes_in", counters.bytes_in);
  row.add_number("bytes_out", counters.bytes_out);
  return row;
}

std::string status_json(const Loop& loop, const ServiceSet& services) {
  std::vector<std::string> rows;
  for (const ServiceSet::Member& member : services.members()) {
    rows.push_back(service_row(member).text());
  }
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  JsonObject all;
  all.add_number("time", std::int64_t{now.time_since_epoch().count()});
  all.add_text("version", SLUICE_VERSION_STRING);
  all.add_text("backend", to_string(loop.backend()));
  all.add("loop", loop_json(services.counters()));
  all.add("services", json_array(rows));
  return all.line();
}

}  // namespace sluice::tools::daemon
