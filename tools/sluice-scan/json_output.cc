#include "json_output.h"

#include <nlohmann/json.hpp>

namespace sluice {
namespace {

using Json = nlohmann::ordered_json;

// ASCII alone: what is beyond it is \uXXXX, so that no terminal is told anything by a banner. Text
// that is no UTF-8 does not come here; if it did, it would still be JSON.
std::string line_of(const Json& object) {
  return object.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string JsonListing::port(const PortReport& report) {
  if (open_only_ && report.state != SweepState::open) return {};
  Json object;
  object["host"] = report.address.host();
  object["port"] = report.address.port();
  object["proto"] = "tcp";
  object["state"] = to_string(report.state);
  object["service"] = report.service;
  object["rtt_us"] = report.rtt.count() > 0 ? Json(report.rtt.count()) : Json();
  object["banner"] = report.banner;
  return line_of(object);
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
