// Reports for the formats of sluice-scan: hosts and ports as a scan would report them.
#ifndef SLUICE_TESTS_SUPPORT_SCAN_REPORTS_H
#define SLUICE_TESTS_SUPPORT_SCAN_REPORTS_H

#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "tools/sluice-scan/listings/listing.h"

namespace sluice::test {

using tools::scan::HostReport;
using tools::scan::ScanSummary;

// Three of its ports are open.
inline HostReport busy_host() {
  HostReport host;
  host.address = *Address::from_ip("192.0.2.7", 0);
  host.name = "www.example";
  host.open.push_back({22, std::chrono::microseconds(41), "ssh", "SSH-2.0-x/1,2", 0});
  host.open.push_back({8080, std::chrono::microseconds(12'345), "http-alt", "", 1});
  host.open.push_back({60'000, std::chrono::microseconds(1'250'000), "", "<&>\"'", 2});
  host.closed = 990;
  host.filtered = 4;
  host.unreachable = 2;
  host.failed = 1;
  return host;
}

inline HostReport silent_host() {
  HostReport host;
  host.address = *Address::from_ip("2001:db8::1", 0);
  host.filtered = 1000;
  return host;
}

inline ScanSummary summary(bool complete) {
  ScanSummary summary;
  summary.elapsed = std::chrono::milliseconds(1234);
  summary.addresses = 2;
  summary.ports = 1000;
  summary.probes = 2000;
  summary.open = 3;
  summary.closed = 990;
  summary.filtered = complete ? 1007 : 7;
  summary.complete = complete;
  return summary;
}

inline void expect_text(const std::string& got, const std::string& wanted) {
  cr_expect(got == wanted, "\n%s\n  is not\n%s", got.c_str(), wanted.c_str());
}

}  // namespace sluice::test

#endif
