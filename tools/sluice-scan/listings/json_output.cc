#include "json_output.h"

#include <cstdint>
#include <string>
#include <vector>

#include "../../common/json_object.h"
#include "../../common/timestamp.h"

namespace sluice::tools::scan {
namespace {

std::string json_of(const TlsFacts& tls) {
  std::vector<std::string> names;
  for (const std::string& name : tls.names) names.push_back(json_string(name));
  JsonObject object;
  object.add_text("version", tls.version);
  object.add_text("cipher", tls.cipher);
  object.add_text("subject", tls.subject);
  object.add("names", json_array(names));
  object.add_text("not_after", timestamp(tls.not_after));
  return object.text();
}

std::string json_of(const ServiceFacts& found) {
  JsonObject object;
  object.add_text("protocol", found.protocol);
  object.add_text("product", found.product);
  object.add_text("version", found.version);
  object.add_text("info", found.info);
  return object.text();
}

}  // namespace

std::string JsonListing::port(const PortReport& report) {
  if (open_only_ && report.state != PortState::open) return {};
  JsonObject object;
  object.add_text("host", report.address.host());
  object.add_number("port", std::uint64_t{report.address.port()});
  object.add_text("proto", protocol_name(report.udp));
  object.add_text("state", to_string(report.state));
  object.add_text("service", report.service);
  if (report.rtt.count() > 0) {
    object.add_number("rtt_us", std::int64_t{report.rtt.count()});
  } else {
    object.add_null("rtt_us");
  }
  object.add_text("banner", report.banner);
  if (tls_)
    report.tls == nullptr ? object.add_null("tls") : object.add("tls", json_of(*report.tls));
  if (probe_) {
    report.found == nullptr ? object.add_null("probe")
                            : object.add("probe", json_of(*report.found));
  }
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
  inner.add_number("open_filtered", summary.open_filtered);
  inner.add_number("unreachable", summary.unreachable);
  inner.add_number("failed", summary.failed);
  inner.add_number("elapsed_ms", std::int64_t{summary.elapsed.count()});
  JsonObject object;
  object.add("summary", inner.text());
  return object.line();
}

}  // namespace sluice::tools::scan
