#include "json_output.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace sluice {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kUsualLine = 160;

// ASCII alone: what is beyond it is \uXXXX, so that no terminal is told anything by a banner. Text
// that is no UTF-8 does not come here; if it did, it would still be JSON.
std::string line_of(const Json& object) {
  return object.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
}

bool is_plain(char c) noexcept { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

// The library is asked where something is to be escaped; nearly all texts are plain.
void append_text(std::string& line, std::string_view key, std::string_view text) {
  line.append(",\"").append(key).append("\":");
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    line.append("\"").append(text).append("\"");
  } else {
    line += Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
  }
}

void append_number(std::string& line, std::string_view key, std::int64_t number) {
  line.append(",\"").append(key).append("\":").append(std::to_string(number));
}

}  // namespace

// By hand, because a scan of closed ports is a line a port: as a tree of values each line cost as
// much as the probe that it tells of.
std::string JsonListing::port(const PortReport& report) {
  if (open_only_ && report.state != SweepState::open) return {};
  std::string line;
  line.reserve(kUsualLine + report.banner.size());
  append_text(line, "host", report.address.host());
  line.front() = '{';  // where the others have a comma
  append_number(line, "port", report.address.port());
  append_text(line, "proto", "tcp");
  append_text(line, "state", to_string(report.state));
  append_text(line, "service", report.service);
  if (report.rtt.count() > 0) {
    append_number(line, "rtt_us", report.rtt.count());
  } else {
    line.append(",\"rtt_us\":null");
  }
  append_text(line, "banner", report.banner);
  return line.append("}\n");
}

std::string JsonListing::end(const ScanSummary& summary) {
  Json inner;
  inner["complete"] = summary.complete;
  inner["addresses"] = summary.addresses;
  inner["ports"] = summary.ports;
  inner["probes"] = summary.probes;
  inner["done"] = summary.done();
  inner["open"] = summary.open;
  inner["closed"] = summary.closed;
  inner["filtered"] = summary.filtered;
  inner["unreachable"] = summary.unreachable;
  inner["failed"] = summary.failed;
  inner["elapsed_ms"] = summary.elapsed.count();
  Json object;
  object["summary"] = inner;
  return line_of(object);
}

}  // namespace sluice
