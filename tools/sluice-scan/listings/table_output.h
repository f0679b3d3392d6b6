// The listing for people: a table for each host.
//
//   localhost (127.0.0.1)
//   PORT    STATE  SERVICE  RTT   BANNER
//   22/tcp  open   ssh      41us  SSH-2.0-OpenSSH_9.2p1
//   65531 closed, 3 filtered (135, 137, 139)
//
// Thread: one.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_TABLE_OUTPUT_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_TABLE_OUTPUT_H

#include "listing.h"

namespace sluice::tools::scan {

struct TableOptions {
  bool open_only = false;  // nothing is said of ports that are not
  bool banners = false;    // there is a column for them
  bool tls = false;        // the same, in its place
  bool services = false;   // the same
  bool colours = false;    // of states, as escape sequences
};

class TableListing final : public Listing {
 public:
  explicit TableListing(const TableOptions& options) : options_(options) {}

  std::string host(const HostReport& host) override;
  std::string end(const ScanSummary& summary) override;

 private:
  TableOptions options_;
  std::uint64_t hosts_ = 0;  // that were shown
};

// "41us", "12.3ms", "1.20s"; "-" for none.
std::string in_words(std::chrono::microseconds rtt);
// "3 open, 997 closed": what there is none of is left out; empty when there is nothing.
std::string in_words(const ScanSummary& counts);

}  // namespace sluice::tools::scan

#endif
