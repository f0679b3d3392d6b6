#include "metrics_text.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "../../../reactor/base/version.h"
#include "../../common/process_files.h"
#include "../endpoints/opener.h"
#include "../endpoints/socket_keys.h"

namespace sluice::tools::daemon {
namespace {

// In a label's value, these three characters are escaped.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text;
}

// "0.012345".
std::string seconds_of(std::uint64_t microseconds) {
  constexpr std::uint64_t kSecond = 1'000'000;
  const std::string rest = std::to_string(kSecond + microseconds % kSecond);
  return std::to_string(microseconds / kSecond) + '.' + rest.substr(1);
}

// A bound of a histogram: "0.0025".
std::string bound_text(std::uint64_t microseconds) {
  std::string text = seconds_of(microseconds);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

class Page {
 public:
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += "# HELP " + name_ + ' ' + std::string(help) + '\n';
    text_ += "# TYPE " + name_ + ' ' + std::string(type) + '\n';
  }
  void add(std::string_view labels, std::string_view value) { add_sample("", labels, value); }
  void add(std::string_view labels, std::uint64_t value) { add(labels, std::to_string(value)); }
  void add_one(std::string_view name, std::string_view type, std::string_view help,
               std::uint64_t value) {
    begin(name, type, help);
    add("", value);
  }
  // Without the bounds below `least`.
  void add_histogram(std::string_view name, std::string_view help, const TimeHistogram& times,
                     std::uint64_t least = 0) {
    begin(name, "histogram", help);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < TimeHistogram::kBounds.size(); ++i) {
      count += times.counts[i];
      if (TimeHistogram::kBounds[i] < least) continue;
      add_sample("_bucket", "le=\"" + bound_text(TimeHistogram::kBounds[i]) + '"',
                 std::to_string(count));
    }
    const std::string all = std::to_string(count + times.counts.back());
    add_sample("_bucket", "le=\"+Inf\"", all);
    add_sample("_sum", "", seconds_of(times.sum));
    add_sample("_count", "", all);
  }
  std::string take() { return std::move(text_); }

 private:
  void add_sample(std::string_view ending, std::string_view labels, std::string_view value) {
    text_.append(name_).append(ending);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value).append("\n");
  }

  std::string name_;
  std::string text_;
};

std::string labels_of(const ServiceSet::Member& member) {
  return "service=\"" + escaped(service_name(member.spec)) + "\",kind=\"" +
         escaped(member.kind->name) + "\",endpoint=\"" +
         escaped(member.spec.written(member.service->endpoint())) + '"';
}

void add_services(Page& page, const ServiceSet& services) {
  struct Row {
    std::string labels;
    ServiceCounters counters;
  };
  std::vector<Row> rows;
  rows.reserve(services.members().size());
  for (const ServiceSet::Member& member : services.members()) {
    rows.push_back({labels_of(member), member.counters()});
  }
  const auto add = [&](std::string_view name, std::string_view type, std::string_view help,
                       auto value_of) {
    page.begin(name, type, help);
    for (const Row& row : rows) page.add(row.labels, value_of(row.counters));
  };
  add("sluiced_service_connections", "gauge", "Open connections of a service.",
      [](const ServiceCounters& counters) { return counters.open; });
  add("sluiced_service_accepted_total", "counter", "Newcomers that became connections.",
      [](const ServiceCounters& counters) { return counters.accepted; });
  add("sluiced_service_refused_total", "counter", "Newcomers that were closed at once.",
      [](const ServiceCounters& counters) { return counters.refused; });
  add("sluiced_service_received_bytes_total", "counter", "Bytes received by a service.",
      [](const ServiceCounters& counters) { return counters.bytes_in; });
  add("sluiced_service_sent_bytes_total", "counter", "Bytes sent by a service.",
      [](const ServiceCounters& counters) { return counters.bytes_out; });
}

void add_loop(Page& page, const Counters& counters) {
  page.add_one("sluiced_turns_total", "counter", "Turns of the event loop.", counters.turns);
  page.add_one("sluiced_slow_turns_total", "counter", "Turns that took longer than 10 ms.",
               counters.slow_turns);
  page.begin("sluiced_longest_turn_seconds", "gauge", "The longest turn since the start.");
  page.add("", seconds_of(counters.longest_turn_us));
  // Shorter turns are not measured one by one.
  constexpr std::uint64_t kShortTurn = 10'000;
  page.add_histogram("sluiced_turn_seconds", "How long turns took.", counters.turn_times,
                     kShortTurn);
  page.add_histogram("sluiced_loop_lag_seconds", "How late timers ran.", counters.timer_lags);
  page.add_one("sluiced_connections", "gauge", "Open connections.", counters.connections_open);
  page.add_one("sluiced_accepted_total", "counter", "Newcomers that became connections.",
               counters.accepted);
  page.add_one("sluiced_refused_total", "counter", "Newcomers that were closed at once.",
               counters.refused);
  page.add_one("sluiced_received_bytes_total", "counter", "Bytes received over streams.",
               counters.bytes_in);
  page.add_one("sluiced_sent_bytes_total", "counter", "Bytes sent over streams.",
               counters.bytes_out);
  page.add_one("sluiced_datagrams_received_total", "counter", "Datagrams received.",
               counters.datagrams_in);
  page.add_one("sluiced_datagrams_sent_total", "counter", "Datagrams sent.",
               counters.datagrams_out);
  page.add_one("sluiced_datagrams_dropped_total", "counter", "Datagrams that could not be sent.",
               counters.datagrams_dropped);
  page.add_one("sluiced_paused_total", "counter",
               "Times that reading from a peer paused because it did not read.", counters.paused);
  page.add_one("sluiced_dropped_bytes_total", "counter",
               "Bytes dropped because a peer did not read.", counters.dropped_bytes);
  page.add_one("sluiced_memory_pauses_total", "counter",
               "Times that reading from a peer paused because of max-memory.",
               counters.memory_pauses);
  page.add_one("sluiced_cut_bytes_total", "counter",
               "Bytes that had arrived when a drain cut their connection.", counters.cut_bytes);
  page.begin("sluiced_closed_total", "counter", "Connections closed, by reason.");
  for (std::size_t i = 0; i < kCloseReasons; ++i) {
    const auto reason = static_cast<CloseReason>(i);
    if (reason == CloseReason::open) continue;
    page.add("reason=\"" + escaped(to_string(reason)) + '"', counters.closed[i]);
  }
}

// A process in an empty root asks the one that has opened its sockets.
std::optional<std::uint64_t> own_descriptors() {
  Opener* const opener = Opener::of_process();
  return opener != nullptr ? opener->descriptors() : open_descriptors(::getpid());
}

void add_process(Page& page) {
  if (const auto bytes = resident_bytes()) {
    page.add_one("process_resident_memory_bytes", "gauge", "Resident memory.", *bytes);
  }
  if (const auto count = own_descriptors()) {
    page.add_one("process_open_fds", "gauge", "Open file descriptors.", *count);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    page.add_one("process_max_fds", "gauge", "Limit on open file descriptors.", limit.rlim_cur);
  }
}

}  // namespace

std::string metrics_text(const Loop& loop, const ServiceSet& services) {
  Page page;
  page.begin("sluiced_build_info", "gauge", "Always 1; its labels say what runs.");
  page.add("version=\"" SLUICE_VERSION_STRING "\",backend=\"" +
               std::string(to_string(loop.backend())) + '"',
           1);
  add_services(page, services);
  add_loop(page, services.counters());
  add_process(page);
  return page.take();
}

}  // namespace sluice::tools::daemon
