#include "csv_output.h"

namespace sluice::tools::scan {

std::string csv_field(std::string_view text) {
  std::string field;
  if (!text.empty() && std::string_view("=+-@").find(text.front()) != text.npos) field += '\'';
  bool quoted = false;
  for (const char c : text) {
    quoted = quoted || c == ',' || c == '"';
    if (c == '"') field += '"';
    field += c;
  }
  return quoted ? '"' + field + '"' : field;
}

std::string CsvListing::begin(const ScanStart& /*start*/) {
  return continued_
             ? ""
             : "host,port,proto,state,service,rtt_us,banner,tls,protocol,product,version,info\n";
}

std::string CsvListing::port(const PortReport& report) {
  if (open_only_ && report.state != PortState::open) return {};
  std::string line = report.address.host() + ',' + std::to_string(report.address.port()) + ',' +
                     protocol_name(report.udp) + ',' + std::string(to_string(report.state)) + ',' +
                     csv_field(report.service) + ',';
  if (report.rtt.count() > 0) line += std::to_string(report.rtt.count());
  line += ',' + csv_field(report.banner) + ',';
  if (report.tls != nullptr) line += csv_field(report.tls->line());
  if (report.found == nullptr) return line + ",,,,\n";
  for (const std::string* const text : {&report.found->protocol, &report.found->product,
                                        &report.found->version, &report.found->info}) {
    line += ',' + csv_field(*text);
  }
  return line + '\n';
}

}  // namespace sluice::tools::scan
