// The command line of sluice-scan.
//
// What it is: the targets and settings of a scan. Lists are read; names are not looked up yet.
// Errors: parse_scan_options() throws UsageError, which names the option or the file, what was read
// and what is allowed. The page sluice-scan(1) describes each option, and a test holds the two
// together.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_OPTIONS_H
#define SLUICE_TOOLS_SLUICE_SCAN_OPTIONS_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../../reactor/names/service_names.h"
#include "../../reactor/sweep/sweep.h"
#include "option_table.h"
#include "targets/port_spec.h"
#include "targets/scan_space.h"
#include "targets/target_set.h"

namespace sluice::tools::scan {

// none: only the XML, on the standard output.
enum class ScanFormat { table, json, csv, grepable, none };

// Probes a second to anything but loopback, unless --rate says otherwise: at first, and if the path
// answers.
inline constexpr double kDefaultRate = 5000;
inline constexpr double kMaxDefaultRate = 100'000;
inline constexpr std::size_t kMaxNames = 100'000;  // of targets

struct ScanOptions {
  TargetSet targets;  // not frozen, because the names are not looked up
  std::vector<std::string> names;
  std::vector<std::string> excluded_names;
  bool udp = false;  // scan UDP instead of TCP
  PortList ports;
  ServiceNames services;
  int family = 0;  // AF_UNSPEC, AF_INET or AF_INET6
  std::optional<std::chrono::milliseconds> timeout;
  unsigned retries = 2;
  std::optional<double> rate;  // 0: no cap
  std::size_t parallel = 0;    // 0: as many as the descriptors allow
  std::optional<std::uint64_t> seed;
  Shard shard;
  std::string resume;  // a file; empty: none
  bool open_only = false;
  bool no_discovery = false;   // scan hosts that seem to be down, too
  bool verify = false;         // open ports, by a second connection
  bool all_addresses = false;  // of names
  std::optional<std::chrono::milliseconds> banner;
  std::optional<std::chrono::milliseconds> tls;    // not both
  std::optional<std::chrono::milliseconds> probe;  // nor this
  std::optional<Address> bind;
  bool no_reverse_names = false;
  ScanFormat format = ScanFormat::table;
  std::string xml;     // a file, or "-" for the standard output; empty: none
  std::string output;  // a file; empty: the standard output
  LoopOptions loop;
  std::string command;  // as it was given, in one printable line
  // The text for --help or --version. If it is not empty, the program does nothing else.
  std::string answer;
};

ScanOptions parse_scan_options(int argc, const char* const* argv);

// The ports that are scanned first, to notice hosts that are down; empty: none. REQUIRES: the
// number of addresses is known.
PortList likely_ports(const ScanOptions& options, std::uint64_t addresses);

SweepOptions sweep_options(const ScanOptions& options);

}  // namespace sluice::tools::scan

#endif
