#include "scan_listings.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "../common/terminal/terminal.h"
#include "listings/csv_output.h"
#include "listings/grepable_output.h"
#include "listings/json_output.h"
#include "listings/listing_file.h"
#include "listings/table_output.h"
#include "listings/xml_output.h"

namespace sluice::tools::scan {
namespace {

// REQUIRES: there is one.
std::unique_ptr<Listing> make_listing(const ScanOptions& options, bool continued) {
  switch (options.format) {
    case ScanFormat::csv:
      return std::make_unique<CsvListing>(options.open_only, continued);
    case ScanFormat::json:
      return std::make_unique<JsonListing>(options.open_only,
                                           options.tls.has_value() || options.probe.has_value(),
                                           options.probe.has_value());
    case ScanFormat::grepable:
      return std::make_unique<GrepableListing>(options.open_only);
    case ScanFormat::table:
    case ScanFormat::none:
      break;
  }
  TableOptions table;
  table.open_only = options.open_only;
  table.banners = options.banner.has_value();
  table.tls = options.tls.has_value();
  table.services = options.probe.has_value();
  table.colours = options.output.empty() && has_colours(STDOUT_FILENO);
  return std::make_unique<TableListing>(table);
}

}  // namespace

ScanListings::ScanListings(Loop& loop, const ScanOptions& options, const Setup& setup,
                           const ListingSink::Events& events)
    : options_(options), space_(setup.space), names_(setup.names) {
  if (options.format == ScanFormat::none) {
    // Only the XML is written.
  } else if (options.output.empty()) {
    add_sink(loop, make_listing(options, false), "standard output", Fd(), events);
  } else {
    Fd fd = open_listing(options.output, setup.resumed);
    const bool continued = has_bytes(fd);
    add_sink(loop, make_listing(options, continued), options.output, std::move(fd), events);
  }
  if (!options.xml.empty()) {
    const bool standard = options.xml == "-";
    XmlFile file;
    if (!standard) file = open_xml(options.xml, setup.resumed);
    XmlOptions xml;
    xml.open_only = options.open_only;
    xml.continued = file.continued;
    add_sink(loop, std::make_unique<XmlListing>(xml), standard ? "standard output" : options.xml,
             std::move(file.fd), events);
  }
  const bool by_host = std::any_of(sinks_.begin(), sinks_.end(),
                                   [](const auto& sink) { return sink->listing().by_host(); });
  if (!by_host) return;
  namer_ = std::make_unique<HostNamer>(setup.resolver,
                                       [this](const HostReport& host) { write_host(host); });
  book_ = std::make_unique<HostBook>(space_, setup.expected);
}

void ScanListings::add_sink(Loop& loop, std::unique_ptr<Listing> listing, const std::string& name,
                            Fd fd, const ListingSink::Events& events) {
  sinks_.push_back(
      std::make_unique<ListingSink>(loop, std::move(listing), name, std::move(fd), events));
}

void ScanListings::begin() {
  ScanStart start;
  start.command = options_.command;
  start.time = std::chrono::system_clock::now();
  start.udp = options_.udp;
  start.ports = ports_to_string(options_.ports);
  start.port_count = options_.ports.size();
  for (const auto& sink : sinks_) sink->write(sink->listing().begin(start));
}

void ScanListings::add(const PortResult& result, const PortFacts& facts) {
  PortReport port;
  port.address = result.target.address;
  port.state = result.state;
  port.udp = options_.udp;
  port.rtt = result.rtt;
  port.service =
      options_.services.name(port.address.port(), options_.udp ? Scheme::udp : Scheme::tcp);
  port.banner = facts.banner;
  port.tls = facts.tls ? &*facts.tls : nullptr;
  port.found = facts.service ? &*facts.service : nullptr;
  for (const auto& sink : sinks_) {
    if (!sink->listing().by_host()) sink->write(sink->listing().port(port));
  }
  if (book_ == nullptr) return;
  const std::uint64_t host = space_.place(result.target.tag).host;
  if (result.state == PortState::open) {
    book_->add_open(host, {port.address.port(), port.rtt, port.service, facts.banner,
                           result.target.tag, facts.tls, facts.service});
  } else {
    book_->add(host, result.state, port.address.port());
  }
  std::vector<HostReport> finished = book_->take_finished();
  if (!finished.empty()) list(std::move(finished));
}

void ScanListings::list(std::vector<HostReport> hosts) {
  const bool few = space_.addresses() <= kFewHosts;
  for (HostReport& host : hosts) {
    const bool shown = !host.open.empty() || (!options_.open_only && (few || host.answered()));
    if (!shown) continue;
    host.udp = options_.udp;
    const auto named = names_.find(host.address);
    if (named != names_.end()) host.name = named->second;
    namer_->add(std::move(host));
  }
}

void ScanListings::write_host(const HostReport& host) {
  for (const auto& sink : sinks_) sink->write(sink->listing().host(host));
}

void ScanListings::end(const ScanSummary& summary) {
  ended_ = true;
  if (book_ != nullptr) {
    list(book_->take_all());
    namer_->finish();
  }
  for (const auto& sink : sinks_) sink->write(sink->listing().end(summary));
}

void ScanListings::flush() {
  for (const auto& sink : sinks_) sink->flush();
}

void ScanListings::close() {
  for (const auto& sink : sinks_) sink->close();
}

bool ScanListings::empty() const noexcept {
  return std::all_of(sinks_.begin(), sinks_.end(), [](const auto& sink) { return sink->empty(); });
}

bool ScanListings::full() const noexcept {
  return (namer_ != nullptr && namer_->full()) ||
         std::any_of(sinks_.begin(), sinks_.end(), [](const auto& sink) { return sink->full(); });
}

std::vector<std::uint64_t> ScanListings::held() const {
  if (book_ == nullptr) return {};
  std::vector<std::uint64_t> positions = book_->held();
  const std::vector<std::uint64_t> waiting = namer_->held();
  positions.insert(positions.end(), waiting.begin(), waiting.end());
  return positions;
}

}  // namespace sluice::tools::scan
