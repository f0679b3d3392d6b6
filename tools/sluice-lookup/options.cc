#include "options.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "../../reactor/base/text/host_name.h"
#include "../../reactor/base/text/quote.h"
#include "../../reactor/base/version.h"
#include "../../reactor/names/dns_records.h"
#include "../common/duration.h"
#include "../common/international_name.h"
#include "../common/names.h"
#include "../common/number.h"
#include "../common/usage_error.h"
#include "asking.h"

namespace sluice::tools::lookup {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::string_view kTlsScheme = "tls://";
constexpr std::chrono::milliseconds kTlsPatience{5000};

constexpr std::array kOptions = {
    OptionSpec{"name", 0, "", "treat every word as a name or an address"},
    OptionSpec{"service", 0, "", "treat every word as a service or a port"},
    OptionSpec{"file", 'f', "FILE", "read words from FILE; - is the input; repeatable", true},
    OptionSpec{"type", 't', "TYPE[,TYPE]", "ask DNS servers for these records"},
    OptionSpec{"ipv4", '4', "", "print only IPv4 addresses"},
    OptionSpec{"ipv6", '6', "", "print only IPv6 addresses"},
    OptionSpec{"json", 0, "", "print each answer as a JSON object on a line"},
    OptionSpec{"unicode", 0, "", "print names in Unicode beside xn--..."},
    OptionSpec{"timeout", 0, "DURATION", "limit on each lookup, or off (10s)"},
    OptionSpec{"try-timeout", 0, "DURATION", "limit on the first try (2s; many: 500ms)"},
    OptionSpec{"tries", 0, "COUNT", "tries with each server, 1-8 (3; many: 5)"},
    OptionSpec{"in-flight", 0, "COUNT", "questions at a time, at most (2000)"},
    OptionSpec{"server", 0, "ADDRESS[:PORT]", "ask this DNS server; repeatable", true},
    OptionSpec{"tcp", 0, "", "ask over TCP"},
    OptionSpec{"tls", 0, "", "ask over TLS, at port 853"},
    OptionSpec{"ca", 0, "FILE", "trust these roots instead of the system's"},
    OptionSpec{"backend", 0, "auto|epoll|poll|select", "event backend (auto)"},
    OptionSpec{"help", 0, "", "print this help and exit"},
    OptionSpec{"version", 0, "", "print the version and exit"},
};

std::string type_names() {
  std::vector<std::string> names;
  for (const DnsType type : all_dns_types()) names.emplace_back(to_string(type));
  return join_names(names);
}

std::vector<DnsType> parse_types(std::string_view text) {
  std::vector<DnsType> types;
  for (const std::string& name : split_names(text, ',')) {
    const std::optional<DnsType> type = dns_type_from(name);
    if (!type) {
      throw UsageError("type " + quote(name) + " is not one of " + type_names() +
                       "; allowed: one or more, separated by commas");
    }
    if (std::find(types.begin(), types.end(), *type) == types.end()) types.push_back(*type);
  }
  return types;
}

std::string help_text() {
  return "Usage: sluice-lookup [OPTION]... [WORD]...\n"
         "A WORD is NAME, ADDRESS[/LENGTH], SERVICE[/PROTO] or PORT[/PROTO].\n"
         "Prints addresses of names, names of addresses, and ports of services.\n"
         "Without an argument, it prints the name and the addresses of this host.\n"
         "\nOptions:\n" +
         help_of(kOptions) +
         "\nA word without a dot that is in the services database is a service.\n"
         "PROTO is tcp or udp. Many: with --file, --type or a prefix.\n"
         "TYPE is " +
         type_names() +
         ".\nA DURATION is 500ms, 30s, 5m, 2h or 1d.\n"
         "See sluice-lookup(1).\n";
}

std::chrono::milliseconds parse_try_timeout(std::string_view text) {
  const std::chrono::milliseconds timeout = parse_some_time("duration", text);
  if (timeout <= ResolverOptions::kMaxTryTimeout) return timeout;
  throw UsageError("duration " + quote(text) + " is not in 1ms-1h");
}

Address parse_server(std::string_view text, std::uint16_t port) {
  if (const auto address = Address::from_ip(text, port); address && address->scope_id() == 0) {
    return *address;
  }
  auto parsed = Endpoint::parse("udp://" + std::string(text));
  if (const auto* endpoint = std::get_if<Endpoint>(&parsed)) {
    const Address& address = endpoint->address();
    if (!endpoint->any_family() && address.port() != 0 && address.scope_id() == 0) return address;
  }
  throw UsageError("server " + quote(text) +
                   " is not an address, a.b.c.d:PORT or [IPv6]:PORT without a zone");
}

// ADDRESS[:PORT][#NAME], with tls:// before it or not.
TlsServer parse_tls_server(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with(kTlsScheme)) rest.remove_prefix(kTlsScheme.size());
  const std::size_t sign = rest.find('#');
  // In brackets an IPv6 address needs no port here, because a scheme may stand before it.
  std::string_view host = rest.substr(0, sign);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const Address address = parse_server(host, kDnsTlsPort);
  if (sign == rest.npos) return tls_server(address, "");
  const std::string name = ascii_name(rest.substr(sign + 1));
  if (!is_host_name(name)) {
    throw UsageError("server " + quote(text) + ": " + quote(name) + " is not a name of a host");
  }
  return tls_server(address, name);
}

// TLS is chosen by --tls, or by the servers.
void read_tls(const CommandLine& line, LookupOptions& options) {
  bool is_tls = line.has("tls");
  std::string first;
  line.each("server", [&](std::string_view value) {
    if (!value.starts_with(kTlsScheme)) return;
    is_tls = true;
    if (first.empty()) first = value;
  });
  if (!is_tls) {
    if (line.has("ca")) throw UsageError("--ca: valid only with --tls and a server tls://...");
    return;
  }
  line.each("server", [&](std::string_view value) {
    if (!line.has("tls") && !value.starts_with(kTlsScheme)) {
      throw UsageError("server " + quote(value) + " has no tls://, and server " + quote(first) +
                       " has; allowed: all with it, or --tls");
    }
  });
  line.refuse_both("tls", "tcp");
  if (!has_tls())
    throw UsageError((first.empty() ? "--tls" : first) + ": TLS is not in this build");
  if (line.has("tcp")) throw UsageError("--tcp: not valid with a server tls://...");
  options.tls.emplace();
  line.each("ca", [&](std::string_view value) {
    if (value.empty()) throw UsageError("the name is empty; allowed: a file");
    options.tls->ca = value;
  });
  // A stream loses nothing, so only a server that is silent is given up.
  if (!line.has("try-timeout")) options.pool.try_timeout = kTlsPatience;
  if (options.pool.deadline.count() > 0) {
    options.pool.try_timeout = std::min(options.pool.try_timeout, options.pool.deadline);
  }
}

void read_lists(const CommandLine& line, LookupOptions& options) {
  line.each("type", [&](std::string_view value) { options.types = parse_types(value); });
  line.each("file", [&](std::string_view value) {
    if (value.empty()) throw UsageError("the name is empty; allowed: a file, or - for the input");
    auto& lists = options.lists;
    if (value == "-" && std::find(lists.begin(), lists.end(), "-") != lists.end()) {
      throw UsageError("the standard input can be read only once");
    }
    lists.emplace_back(value);
  });
  line.each("in-flight", [&](std::string_view value) {
    options.pool.in_flight =
        static_cast<std::size_t>(parse_number("count", value, 1, DnsPoolOptions::kMaxInFlight));
  });
}

void read_servers(const CommandLine& line, LookupOptions& options) {
  line.each("timeout", [&](std::string_view value) {
    options.resolver.deadline = options.pool.deadline = parse_timeout("duration", value);
  });
  line.each("try-timeout", [&](std::string_view value) {
    options.resolver.try_timeout = options.pool.try_timeout = parse_try_timeout(value);
  });
  line.each("tries", [&](std::string_view value) {
    const auto tries =
        static_cast<unsigned>(parse_number("count", value, 1, ResolverOptions::kMaxTries));
    options.resolver.tries = options.pool.tries = tries;
  });
  read_tls(line, options);
  line.each("server", [&](std::string_view value) {
    if (options.tls) {
      options.tls->servers.push_back(parse_tls_server(value));
    } else {
      options.resolver.servers.push_back(parse_server(value, kDnsPort));
    }
  });
  options.pool.servers = options.resolver.servers;
  options.resolver.over_tcp = options.pool.over_tcp = line.has("tcp");
}

}  // namespace

std::span<const OptionSpec> lookup_option_table() noexcept { return kOptions; }

LookupOptions parse_lookup_options(int argc, const char* const* argv,
                                   const ServiceNames& services) {
  const CommandLine line(kOptions, argc, argv);
  LookupOptions options;
  options.answer = line.answer("sluice-lookup " SLUICE_VERSION_STRING, help_text);
  if (!options.answer.empty()) return options;

  line.refuse_both("name", "service");
  line.refuse_both("ipv4", "ipv6");
  for (const char* const other : {"service", "ipv4", "ipv6"}) line.refuse_both("type", other);
  if (line.has("name") || line.has("type")) options.as = TakenFor::name;
  if (line.has("service")) options.as = TakenFor::service;
  if (line.has("ipv4")) options.family = AF_INET;
  if (line.has("ipv6")) options.family = AF_INET6;
  options.json = line.has("json");
  options.unicode = line.has("unicode");
  read_lists(line, options);
  read_servers(line, options);
  line.each("backend", [&](std::string_view value) { options.loop.backend = backend_from(value); });
  for (const std::string& word : line.operands()) {
    options.queries.push_back(parse_query(word, services, options.as));
  }
  if (options.tls && options.queries.empty() && options.lists.empty()) {
    throw UsageError("TLS needs a WORD or --file: this host's own name is not asked for over TLS");
  }
  return options;
}

TlsServer tls_server(const Address& address, const std::string& name) {
  TlsServer server{address, name.empty() ? address.host() : name, {}};
  server.text = std::string(kTlsScheme) + address.to_string() + (name.empty() ? "" : '#' + name);
  return server;
}

bool LookupOptions::is_bulk() const noexcept {
  return tls || !lists.empty() || !types.empty() ||
         std::any_of(queries.begin(), queries.end(),
                     [](const Query& query) { return query.kind == QueryKind::prefix; });
}

}  // namespace sluice::tools::lookup
