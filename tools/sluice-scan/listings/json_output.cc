#include "json_output.h"

#include <cstdint>

#include "../../common/json_object.h"

namespace sluice::tools::scan {

std::string JsonListing::port(const PortReport& report) {
  if (open_only_ && report.state != SweepState::open) return {};
  JsonObject object;
  object.add_text("host", report.address.host());
  object.add_number("port", std::uint64_t{report.address.port()});
  object.add_text("proto", "tcp");
  object.add_text("state", to_string(report.state));
  object.add_text("service", report.service);
  if (report.rtt.count() > 0) {
    object.add_number("rtt_us", std::int64_t{report.rtt.count()});
  } else {
    object.add_null("rtt_us");
  }
  object.add_text("banner", report.banner);
  return object.line();
}

std::string JsonListing::end(const ScanSummary& summary) {
  JsonObject inner;
  inner.add_truth("complete", summary.complete);
  inner.add_number("addresses", summary.addresses);
  inner.add_number("ports", summary.ports);
  inner.add_number("probes", summary.probes);
  inner.add_number("done", summary.done());
  inner.add_number("open", summary.open);
  inner.add_number("closed", summary.closed);
  inner.add_number("filtered", summary.filtered);
  inner.add_number("unreachable", summary.unreachable);
  inner.add_number("failed", summary.failed);
  inner.add_number("elapsed_ms", std::int64_t{summary.elapsed.count()});
  JsonObject object;
  object.add("summary", inner.text());
  return object.line();
}

}  // namespace sluice::tools::scan
