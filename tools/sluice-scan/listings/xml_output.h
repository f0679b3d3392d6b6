// nmap's XML, as far as it applies: what programs that import nmap's results read.
//
// What it is: <nmaprun> with <scaninfo>, a <host> for each host, and <runstats>, in the words of
// nmap's DTD; "scanner" says who wrote it. Ports that are not open are <extraports>. An unreachable
// port is filtered there, with the reason host-unreach; a failed one is no property of its host and
// is left out. A banner is the output of a <script id="banner">.
// Written by hand and not with a library: a document in memory would grow with the scan, and
// writing needs one function, the one that escapes.
// Thread: one. Source: nmap.dtd (1.05); XML 1.0.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_XML_OUTPUT_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_XML_OUTPUT_H

#include <cstddef>

#include "listing.h"

namespace sluice::tools::scan {

struct XmlOptions {
  bool open_only = false;
  // Goes on after the hosts of a document that an earlier run wrote: begin() writes nothing.
  bool continued = false;
};

class XmlListing final : public Listing {
 public:
  explicit XmlListing(const XmlOptions& options) : options_(options) {}

  std::string begin(const ScanStart& start) override;
  std::string host(const HostReport& host) override;
  std::string end(const ScanSummary& summary) override;

 private:
  XmlOptions options_;
  std::uint64_t up_ = 0;
};

// Fit for an attribute's value and for text.
std::string xml_escape(std::string_view text);

// Where what end() wrote begins in the last bytes of a document; npos when there is none.
std::size_t find_xml_end(std::string_view tail);
inline constexpr std::size_t kMaxXmlEnd = 4096;  // bytes

}  // namespace sluice::tools::scan

#endif
