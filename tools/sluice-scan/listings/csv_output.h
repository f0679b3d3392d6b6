// The listing for spreadsheets and databases: a line of comma-separated values for each port, as
// results arrive, after a line with the names of the columns.
//
//   host,port,proto,state,service,rtt_us,banner,tls,protocol,product,version,info
//   192.0.2.7,22,tcp,open,ssh,41,,,ssh,OpenSSH,9.2p1,Debian-2
//
// Every line has all columns. A field that has a comma or a quotation mark is quoted. Spreadsheets
// run a field that begins with "=", "+", "-" or "@" as a formula, and a peer chooses its banner:
// such a field gets a "'" in front.
// Thread: one. Source: RFC 4180, with line feeds alone.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_CSV_OUTPUT_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_CSV_OUTPUT_H

#include "listing.h"

namespace sluice::tools::scan {

class CsvListing final : public Listing {
 public:
  // `continued`: the names of the columns are in the file already.
  CsvListing(bool open_only, bool continued) : open_only_(open_only), continued_(continued) {}

  [[nodiscard]] bool by_host() const noexcept override { return false; }
  std::string begin(const ScanStart& start) override;
  std::string port(const PortReport& report) override;

 private:
  bool open_only_;
  bool continued_;
};

// REQUIRES: printable text, without line ends.
std::string csv_field(std::string_view text);

}  // namespace sluice::tools::scan

#endif
