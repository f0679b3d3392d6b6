// The results of a scan, and the interface of the formats that list them.
//
// What it is: values that the scan fills, and the interface of a format. A format returns text and
// writes nothing itself, so that tests need no file.
// REQUIRES: text from outside (names, banners) has been made printable before it is put here.
// Errors: std::bad_alloc. Thread: one.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_LISTING_H
#define SLUICE_TOOLS_SLUICE_SCAN_LISTINGS_LISTING_H

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../../reactor/base/address.h"
#include "port_state.h"
#include "service_facts.h"
#include "tls_facts.h"

namespace sluice::tools::scan {

using WallTime = std::chrono::system_clock::time_point;

struct PortResult {
  SweepTarget target;  // its tag is the position in the scan's order
  PortState state = PortState::failed;
  int error = 0;                     // errno, if it is failed
  std::chrono::microseconds rtt{0};  // 0: there was no answer
};

struct ScanStart {
  std::string command;  // as it was given, in one line
  WallTime time{};
  bool udp = false;
  std::string ports;  // "22,80,8000-8100"
  std::uint64_t port_count = 0;
};

// What an open port has shown.
struct PortFacts {
  std::string banner;
  std::optional<TlsFacts> tls;
  std::optional<ServiceFacts> service;
};

// A port, as soon as it is known.
struct PortReport {
  Address address;
  bool udp = false;
  PortState state = PortState::failed;
  std::chrono::microseconds rtt{0};  // 0: there was no answer
  std::string_view service;          // empty: none is known
  std::string_view banner;
  const TlsFacts* tls = nullptr;        // null: it does not speak TLS, or was not asked
  const ServiceFacts* found = nullptr;  // null: nobody knows, or it was not asked
};

struct OpenPort {
  std::uint16_t port = 0;
  std::chrono::microseconds rtt{0};
  std::string_view service;
  std::string banner;
  std::uint64_t position = 0;  // in the scan's order
  std::optional<TlsFacts> tls{};
  std::optional<ServiceFacts> found{};

  // What it has shown, in a line: the service, its TLS, or the banner.
  [[nodiscard]] std::string shown() const {
    if (found && tls) return found->line() + "; " + tls->line();
    return found ? found->line() : tls ? tls->line() : banner;
  }
};

// A host, when all of it is known, or when the scan is interrupted.
struct HostReport {
  Address address;             // without a port
  bool udp = false;            // its ports are
  std::string name;            // that it was asked for by; empty: by its address
  std::string reverse_name;    // empty: not asked, or none
  std::vector<OpenPort> open;  // by number
  std::uint64_t closed = 0, filtered = 0, open_filtered = 0, unreachable = 0, failed = 0;
  // The ports of these counts by number, if there are at most kMaxNamed; else empty.
  static constexpr std::size_t kMaxNamed = 8;
  std::vector<std::uint16_t> closed_ports, filtered_ports, open_filtered_ports;

  [[nodiscard]] bool answered() const noexcept { return !open.empty() || closed > 0; }
  // Whether nearly all of many ports are open and none is closed: a firewall or a proxy that
  // accepts for its hosts rather than a host.
  [[nodiscard]] bool opens_everything() const noexcept {
    constexpr std::uint64_t kMany = 16;
    const std::uint64_t all = open.size() + filtered + open_filtered + unreachable + failed;
    return closed == 0 && open.size() >= kMany && open.size() * 20 >= all * 19;
  }
};

struct ScanSummary {
  WallTime time{};
  std::chrono::milliseconds elapsed{0};
  std::uint64_t addresses = 0;
  std::uint64_t ports = 0;   // of each address
  std::uint64_t probes = 0;  // of this machine, in this run
  std::uint64_t open = 0, closed = 0, filtered = 0, open_filtered = 0, unreachable = 0, failed = 0;
  bool complete = false;  // else it was interrupted

  void count(PortState state) noexcept {
    if (state == PortState::open) ++open;
    if (state == PortState::closed) ++closed;
    if (state == PortState::filtered) ++filtered;
    if (state == PortState::open_filtered) ++open_filtered;
    if (state == PortState::unreachable) ++unreachable;
    if (state == PortState::failed) ++failed;
  }
  [[nodiscard]] std::uint64_t done() const noexcept {
    return open + closed + filtered + open_filtered + unreachable + failed;
  }
};

// "tcp" or "udp".
inline const char* protocol_name(bool udp) noexcept { return udp ? "udp" : "tcp"; }

class Listing {
 public:
  Listing() = default;
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;
  virtual ~Listing() = default;

  // Whether hosts have to be put together for it; else it wants each port as it comes.
  [[nodiscard]] virtual bool by_host() const noexcept { return true; }
  virtual std::string begin(const ScanStart&) { return {}; }
  virtual std::string port(const PortReport&) { return {}; }
  virtual std::string host(const HostReport&) { return {}; }
  virtual std::string end(const ScanSummary&) { return {}; }
};

}  // namespace sluice::tools::scan

#endif
