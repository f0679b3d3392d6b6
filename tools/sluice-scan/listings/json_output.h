// The listing for programs: a JSON object a line for each port, as results arrive.
//
//   {"host":"127.0.0.1","port":22,"proto":"tcp","state":"open","service":"ssh","rtt_us":41,
//    "banner":"SSH-2.0-OpenSSH_9.2p1"}                                            (on one line)
//   {"summary":{…}}                                                               (the last one)
//
// Each object has all of these. "service" and "banner" are "" where there is none, "rtt_us" is null
// where nothing answered.
// Thread: one. Source: RFC 8259.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_JSON_OUTPUT_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_JSON_OUTPUT_H

#include "listing.h"

namespace sluice::tools::scan {

class JsonListing final : public Listing {
 public:
  // With `tls` and `probe`, each port has these members.
  explicit JsonListing(bool open_only, bool tls = false, bool probe = false)
      : open_only_(open_only), tls_(tls), probe_(probe) {}

  [[nodiscard]] bool by_host() const noexcept override { return false; }
  std::string port(const PortReport& report) override;
  std::string end(const ScanSummary& summary) override;

 private:
  bool open_only_;
  bool tls_;
  bool probe_;
};

}  // namespace sluice::tools::scan

#endif
