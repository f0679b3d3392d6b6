#include "grepable_output.h"

#include <algorithm>
#include <array>
#include <utility>

#include "../../../reactor/base/version.h"
#include "../../common/timestamp.h"
#include "table_output.h"

namespace sluice::tools::scan {
namespace {

std::string field(std::string text) {
  std::replace(text.begin(), text.end(), '/', '|');
  std::replace(text.begin(), text.end(), ',', ';');
  return text;
}

}  // namespace

std::string GrepableListing::begin(const ScanStart& start) {
  return "# sluice-scan " SLUICE_VERSION_STRING " started " + timestamp(start.time) +
         " as: " + start.command + '\n';
}

std::string GrepableListing::host(const HostReport& host) {
  std::string line = "Host: " + host.address.host() + " (" +
                     (host.name.empty() ? host.reverse_name : host.name) + ')';
  if (!host.open.empty()) {
    line += "\tPorts: ";
    for (const OpenPort& open : host.open) {
      if (&open != &host.open.front()) line += ", ";
      line += std::to_string(open.port) + "/open/" + protocol_name(host.udp) + "//" +
              field(std::string(open.service)) + "//" + field(open.shown()) + '/';
    }
  }
  const std::array<std::pair<std::uint64_t, const char*>, 5> others{
      {{host.closed, "closed"},
       {host.filtered, "filtered"},
       {host.open_filtered, "open|filtered"},
       {host.unreachable, "unreachable"},
       {host.failed, "failed"}}};
  std::string ignored;
  for (const auto& [count, name] : others) {
    if (count == 0 || open_only_) continue;
    if (!ignored.empty()) ignored += ", ";
    ignored += std::string(name) + " (" + std::to_string(count) + ')';
  }
  if (!ignored.empty()) line += "\tIgnored State: " + ignored;
  if (host.opens_everything()) line += "\tNote: nearly every port is open";
  return line + '\n';
}

std::string GrepableListing::end(const ScanSummary& summary) {
  return "# sluice-scan " + std::string(summary.complete ? "done " : "interrupted ") +
         timestamp(summary.time) + "; " + std::to_string(summary.addresses) + " addresses, " +
         std::to_string(summary.ports) + " ports: " + in_words(summary) + '\n';
}

}  // namespace sluice::tools::scan
