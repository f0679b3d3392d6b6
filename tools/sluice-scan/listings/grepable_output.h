// The listing for grep, awk and cut: a line for each host, close to what "nmap -oG" writes.
//
//   # sluice-scan 0.3.0 started 2026-11-21T02:17:10.123Z as: sluice-scan --grepable localhost
//   Host: 127.0.0.1 (localhost)<TAB>Ports: 22/open/tcp//ssh//SSH-2.0/, 80/open/tcp//http///<TAB>
//     Ignored State: closed (998)                                                 (on one line)
//   # sluice-scan done 2026-11-21T02:17:10.456Z; …
//
// A port is port/state/protocol/owner/service/rpc/version/: owner and rpc are empty, and version is
// the banner, in which "/" becomes "|", and "," a ";".
// Thread: one.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_GREPABLE_OUTPUT_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_GREPABLE_OUTPUT_H

#include "listing.h"

namespace sluice::tools::scan {

class GrepableListing final : public Listing {
 public:
  explicit GrepableListing(bool open_only) : open_only_(open_only) {}

  std::string begin(const ScanStart& start) override;
  std::string host(const HostReport& host) override;
  std::string end(const ScanSummary& summary) override;

 private:
  bool open_only_;
};

}  // namespace sluice::tools::scan

#endif
