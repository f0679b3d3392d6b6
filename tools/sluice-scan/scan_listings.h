// The listings of a scan: all files that its results are written to.
//
// What it is: the listing of the chosen format, and nmap's XML beside it. For formats that show
// hosts, it collects the ports of each host and looks up its name.
// Lifetime: must be destroyed before its loop, and before space, services and names. Thread: the
// loop's.
// Errors: the constructor throws std::system_error and UsageError (a file); later ones go to the
// events.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_SCAN_LISTINGS_H
#define SLUICE_TOOLS_SLUICE_SCAN_SCAN_LISTINGS_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../../reactor/names/resolver.h"
#include "host_namer.h"
#include "listings/host_book.h"
#include "listings/listing_sink.h"
#include "options.h"
#include "targets/scan_space.h"

namespace sluice::tools::scan {

class ScanListings {
 public:
  // With more addresses, those that say nothing at all are counted and not listed.
  static constexpr std::uint64_t kFewHosts = 16;

  struct Setup {
    const ScanSpace& space;
    Resolver* resolver;                                     // null: nobody's name is asked for
    const std::unordered_map<Address, std::string>& names;  // by which targets were asked for
    bool resumed;
    std::function<std::uint64_t(std::uint64_t group)> expected;  // HostBook's
  };

  ScanListings(Loop& loop, const ScanOptions& options, const Setup& setup,
               const ListingSink::Events& events);

  void begin();
  void add(const PortResult& result, const PortFacts& facts);
  void flush();  // writes what the readers accept without waiting
  // Whether hosts wait for their names.
  [[nodiscard]] bool naming() const noexcept { return namer_ != nullptr && !namer_->empty(); }
  // The rest, at once, and the end. Afterwards, when empty(), close().
  void end(const ScanSummary& summary);
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  void close();

  // Nothing waits for a reader.
  [[nodiscard]] bool empty() const noexcept;
  // A reader is slow, or whoever knows names.
  [[nodiscard]] bool full() const noexcept;
  // Positions of open ports that are not written yet.
  [[nodiscard]] std::vector<std::uint64_t> held() const;

 private:
  void add_sink(Loop& loop, std::unique_ptr<Listing> listing, const std::string& name, Fd fd,
                const ListingSink::Events& events);
  void list(std::vector<HostReport> hosts);
  void write_host(const HostReport& host);

  const ScanOptions& options_;
  const ScanSpace& space_;
  const std::unordered_map<Address, std::string>& names_;
  std::vector<std::unique_ptr<ListingSink>> sinks_;
  std::unique_ptr<HostNamer> namer_;  // null, like the book: no format shows hosts
  std::unique_ptr<HostBook> book_;
  bool ended_ = false;
};

}  // namespace sluice::tools::scan

#endif
