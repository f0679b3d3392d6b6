#include "options.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "../../reactor/base/text/quote.h"
#include "../../reactor/base/version.h"
#include "../common/duration.h"
#include "../common/list_file.h"
#include "../common/number.h"
#include "../common/usage_error.h"
#include "targets/common_ports.h"
#include "targets/target_spec.h"
#include "tls_prober.h"

namespace sluice::tools::scan {
namespace {

constexpr std::chrono::milliseconds kDefaultBanner{1000};
constexpr std::chrono::milliseconds kDefaultTls{3000};
constexpr std::chrono::milliseconds kDefaultProbe{2000};
constexpr std::uint64_t kMaxRetries = 100;
constexpr std::uint64_t kMaxRate = 100'000'000;
constexpr std::uint64_t kMaxParallel = 1'000'000;
// Hosts that are down are noticed only if there are more addresses and ports than these.
constexpr std::uint64_t kFewAddresses = 16;
constexpr std::size_t kManyLikely = 64;
constexpr std::size_t kLikelyPorts = 16;
constexpr std::size_t kCommon = 100;  // of the table: those that may be likely
constexpr std::uint64_t kMaxShards = 1'000'000;
constexpr std::size_t kMaxCommand = 4096;  // bytes of it in a listing

std::string in_words(int family) { return family == AF_INET ? "IPv4" : "IPv6"; }

void refuse_if(bool wrong, const std::string& message) {
  if (wrong) throw UsageError(message);
}

Shard parse_shard(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto index = parse_digits(text.substr(0, slash), 10);
  const auto count = slash == text.npos ? std::nullopt : parse_digits(text.substr(slash + 1), 10);
  if (!index || !count || *index < 1 || *index > *count || *count > kMaxShards) {
    throw UsageError("shard " + quote(text) +
                     " is not I/N with 1 <= I <= N <= " + std::to_string(kMaxShards));
  }
  return {*index, *count};
}

void read_family(ScanOptions& options, const CommandLine& line) {
  line.refuse_both("ipv4", "ipv6");
  if (line.has("ipv4")) options.family = AF_INET;
  if (line.has("ipv6")) options.family = AF_INET6;
  line.each("bind", [&](std::string_view value) {
    const auto address = Address::from_ip(value, 0);
    if (!address) throw UsageError("address " + quote(value) + " is not a.b.c.d or IPv6");
    options.bind = address->unmapped();
    refuse_if(
        options.family != 0 && options.family != options.bind->family(),
        "the address is not " + in_words(options.family) + ", to which -4 or -6 limits the scan");
    options.family = options.bind->family();
  });
}

// One would write over what the other has written.
void refuse_same_file(const CommandLine& line, const char* one, const std::string& file,
                      const char* other, const std::string& other_file) {
  refuse_if(
      !file.empty() && file == other_file && !file.starts_with("/dev/"),
      line.spelled(one) + " and " + line.spelled(other) + " name the same file " + quote(file));
}

void read_ports(ScanOptions& options, const CommandLine& line) {
  options.services = ServiceNames::of_host();
  line.refuse_both("tcp", "udp");
  options.udp = line.has("udp");
  const Scheme scheme = options.udp ? Scheme::udp : Scheme::tcp;
  const auto read = [&](std::string_view text) {
    return parse_ports(text, options.services, scheme);
  };
  options.ports =
      read("top:" + std::to_string(options.udp ? kDefaultTopUdpPorts : kDefaultTopPorts));
  line.refuse_both("ports", "top-ports");
  line.each("ports", [&](std::string_view value) { options.ports = read(value); });
  line.each("top-ports", [&](std::string_view value) {
    const auto count = parse_number("count", value, 1, common_ports(scheme).size());
    options.ports = read("top:" + std::to_string(count));
  });
  line.each("exclude-ports", [&](std::string_view value) {
    const PortList unwanted = read(value);
    std::erase_if(options.ports, [&unwanted](std::uint16_t port) {
      return std::binary_search(unwanted.begin(), unwanted.end(), port);
    });
    refuse_if(options.ports.empty(), "no port is left to scan");
  });
}

void read_pace(ScanOptions& options, const CommandLine& line) {
  line.each("timeout",
            [&](std::string_view value) { options.timeout = parse_some_time("duration", value); });
  line.each("retries", [&](std::string_view value) {
    options.retries = static_cast<unsigned>(parse_number("count", value, 0, kMaxRetries));
  });
  line.each("rate", [&](std::string_view value) {
    options.rate = static_cast<double>(parse_number("count", value, 0, kMaxRate));
  });
  line.each("parallel", [&](std::string_view value) {
    options.parallel = parse_number("count", value, 1, kMaxParallel);
  });
  line.each("seed", [&](std::string_view value) {
    options.seed = parse_number("number", value, 0, ~std::uint64_t{0});
  });
  line.each("shard", [&](std::string_view value) { options.shard = parse_shard(value); });
  line.each("banner", [&](std::string_view value) {
    options.banner = value.empty() ? kDefaultBanner : parse_some_time("duration", value);
  });
  line.refuse_both("banner", "tls");
  line.refuse_both("udp", "tls");
  line.refuse_both("udp", "verify");
  for (const char* const other : {"banner", "tls", "udp"}) line.refuse_both("probe", other);
  line.each("probe", [&](std::string_view value) {
    options.probe = value.empty() ? kDefaultProbe : parse_some_time("duration", value);
  });
  line.each("tls", [&](std::string_view value) {
    options.tls = value.empty() ? kDefaultTls : parse_some_time("duration", value);
    refuse_if(!TlsProber::is_built_in(), "TLS is not in this build");
  });
}

// REQUIRES: the names of the files are read.
void read_format(ScanOptions& options, const CommandLine& line) {
  line.refuse_both("json", "grepable");
  line.refuse_both("json", "csv");
  line.refuse_both("csv", "grepable");
  if (line.has("json")) options.format = ScanFormat::json;
  if (line.has("csv")) options.format = ScanFormat::csv;
  if (line.has("grepable")) options.format = ScanFormat::grepable;
  if (options.xml != "-" || !options.output.empty()) return;
  refuse_if(options.format != ScanFormat::table || line.has("output"),
            line.spelled("xml") +
                " -: the standard output has the listing; send that to a file with -o FILE");
  options.format = ScanFormat::none;
}

void read_files(ScanOptions& options, const CommandLine& line) {
  for (const auto& [name, file] :
       {std::pair{"resume", &options.resume}, std::pair{"xml", &options.xml},
        std::pair{"output", &options.output}}) {
    std::string* const to = file;
    line.each(name, [to](std::string_view value) {
      refuse_if(value.empty(), "the file's name is empty");
      *to = value;
    });
  }
  if (options.output == "-") options.output.clear();
  read_format(options, line);
  refuse_same_file(line, "output", options.output, "xml", options.xml);
  refuse_same_file(line, "output", options.output, "resume", options.resume);
  refuse_same_file(line, "xml", options.xml, "resume", options.resume);
  line.each("backend", [&](std::string_view value) { options.loop.backend = backend_from(value); });
  options.open_only = line.has("open");
  options.verify = line.has("verify");
  options.no_discovery = line.has("no-discovery");
  options.all_addresses = line.has("all-addresses");
  options.no_reverse_names = line.has("no-names");
}

void add_target(ScanOptions& options, std::string_view text) {
  TargetSpec target = parse_target_spec(text);
  if (!target.name.empty()) {
    refuse_if(options.names.size() >= kMaxNames,
              "there are too many names; allowed: at most " + std::to_string(kMaxNames));
    options.names.push_back(std::move(target.name));
  }
  for (const IpRange& range : target.ranges) {
    refuse_if(options.family != 0 && range.first.family != options.family,
              "target " + quote(text) + " is not " + in_words(options.family) +
                  ", to which -4, -6 or --bind limits the scan");
    refuse_if(range.size() > TargetSet::kMaxAddresses,
              "target " + quote(text) + " has more than 2^40 addresses; allowed: at most 2^40");
    options.targets.add(range);
  }
}

void add_exclusion(ScanOptions& options, std::string_view text) {
  TargetSpec target = parse_target_spec(text);
  if (!target.name.empty()) options.excluded_names.push_back(std::move(target.name));
  for (const IpRange& range : target.ranges) options.targets.take_out(range);
}

void read_lists(ScanOptions& options, const CommandLine& line) {
  for (const std::string& operand : line.operands()) add_target(options, operand);
  line.each("input", [&](std::string_view file) {
    read_list(std::string(file), [&](std::string_view text) { add_target(options, text); });
  });
  line.each("exclude", [&](std::string_view value) {
    for (std::size_t start = 0; start <= value.size();) {
      const std::size_t comma = std::min(value.find(',', start), value.size());
      add_exclusion(options, value.substr(start, comma - start));
      start = comma + 1;
    }
  });
  line.each("exclude-file", [&](std::string_view file) {
    read_list(std::string(file), [&](std::string_view text) { add_exclusion(options, text); });
  });
}

std::string command_of(int argc, const char* const* argv) {
  std::string command = "sluice-scan";
  for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
  return escape(command, kMaxCommand);
}

}  // namespace

ScanOptions parse_scan_options(int argc, const char* const* argv) {
  const CommandLine line(scan_option_table(), argc, argv, nmap_spellings());
  ScanOptions options;
  options.answer = line.answer("sluice-scan " SLUICE_VERSION_STRING, scan_help);
  if (!options.answer.empty()) return options;
  refuse_if(line.operands().empty() && !line.has("input"),
            "the TARGET is missing; allowed: a name, a.b.c.d, an IPv6 address, their prefixes "
            "and octet ranges");
  options.command = command_of(argc, argv);
  read_family(options, line);
  read_ports(options, line);
  read_pace(options, line);
  read_files(options, line);
  read_lists(options, line);
  return options;
}

PortList likely_ports(const ScanOptions& options, std::uint64_t addresses) {
  const bool few = addresses <= kFewAddresses || options.ports.size() <= kManyLikely;
  if (options.no_discovery || options.udp || options.shard.count > 1 || few) return {};
  PortList likely;
  for (std::size_t i = 0; i < kCommon && likely.size() < kLikelyPorts; ++i) {
    const std::uint16_t port = common_ports()[i];
    if (std::binary_search(options.ports.begin(), options.ports.end(), port)) {
      likely.push_back(port);
    }
  }
  // The silence of a few ports, or of rare ones, says little about a host.
  if (likely.size() < kLikelyPorts) return {};
  return likely;
}

SweepOptions sweep_options(const ScanOptions& options) {
  SweepOptions sweep;
  sweep.from.address = options.bind;
  if (options.timeout) {
    sweep.max_timeout = *options.timeout;
    sweep.first_timeout = std::min(sweep.first_timeout, sweep.max_timeout);
    sweep.min_timeout = std::min(sweep.min_timeout, sweep.max_timeout);
  }
  sweep.retries = options.retries;
  sweep.parallel = options.parallel;
  sweep.rate = options.rate.value_or(kDefaultRate);
  if (!options.rate) sweep.max_rate = kMaxDefaultRate;
  sweep.rate_on_loopback = options.rate.has_value();
  return sweep;
}

}  // namespace sluice::tools::scan
