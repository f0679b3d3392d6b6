#include "options.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <variant>

#include "../../reactor/base/quote.h"
#include "../../reactor/base/version.h"
#include "../common/duration.h"
#include "../common/usage_error.h"

namespace sluice::tools::lookup {
namespace {

constexpr std::uint16_t kDnsPort = 53;

constexpr std::array kOptions = {
    OptionSpec{"name", 0, "", "every word is a host's name or an address"},
    OptionSpec{"service", 0, "", "every word is a service or a port"},
    OptionSpec{"ipv4", '4', "", "only IPv4 addresses"},
    OptionSpec{"ipv6", '6', "", "only IPv6 addresses"},
    OptionSpec{"json", 0, "", "print each answer as a JSON object, as it comes"},
    OptionSpec{"timeout", 0, "DURATION", "for each look-up (10s); off: none"},
    OptionSpec{"server", 0, "ADDRESS[:PORT]", "ask this DNS server; repeatable", true},
    OptionSpec{"backend", 0, "auto|epoll|poll|select", "how to wait for events (auto)"},
    OptionSpec{"help", 0, "", "write this and exit"},
    OptionSpec{"version", 0, "", "write the version and exit"},
};

std::string help_text() {
  return "Usage: sluice-lookup [OPTION]... [NAME|ADDRESS|SERVICE[/PROTO]|PORT[/PROTO]]...\n"
         "Prints the addresses of names, the names of addresses, and the ports of services.\n"
         "Without an argument: this host's own name and addresses.\n"
         "\nOptions:\n" +
         help_of(kOptions) +
         "\nA word without a dot that the services database has is a service; PROTO is tcp or "
         "udp.\nA DURATION is 500ms, 30s, 5m, 2h or 1d.\n"
         "More in sluice-lookup(1).\n";
}

Address parse_server(std::string_view text) {
  if (const auto address = Address::from_ip(text, kDnsPort); address && address->scope_id() == 0) {
    return *address;
  }
  auto parsed = Endpoint::parse("udp://" + std::string(text));
  if (const auto* endpoint = std::get_if<Endpoint>(&parsed)) {
    const Address& address = endpoint->address();
    if (!endpoint->any_family() && address.port() != 0 && address.scope_id() == 0) return address;
  }
  throw UsageError("server " + quote(text) +
                   " is not an address, or a.b.c.d:PORT or [IPv6]:PORT, without a zone");
}

void refuse_both(const CommandLine& line, const char* one, const char* other) {
  if (line.has(one) && line.has(other)) {
    throw UsageError("--" + std::string(one) + ", --" + other + ": allowed is one of them");
  }
}

}  // namespace

std::span<const OptionSpec> lookup_option_table() noexcept { return kOptions; }

LookupOptions parse_lookup_options(int argc, const char* const* argv,
                                   const ServiceNames& services) {
  const CommandLine line(kOptions, argc, argv);
  LookupOptions options;
  options.answer = line.answer("sluice-lookup " SLUICE_VERSION_STRING, help_text);
  if (!options.answer.empty()) return options;

  refuse_both(line, "name", "service");
  refuse_both(line, "ipv4", "ipv6");
  TakenFor as = TakenFor::what_it_is;
  if (line.has("name")) as = TakenFor::name;
  if (line.has("service")) as = TakenFor::service;
  if (line.has("ipv4")) options.family = AF_INET;
  if (line.has("ipv6")) options.family = AF_INET6;
  options.json = line.has("json");
  line.each("timeout", [&](std::string_view value) {
    options.resolver.deadline = parse_timeout("duration", value);
  });
  line.each("server", [&](std::string_view value) {
    options.resolver.servers.push_back(parse_server(value));
  });
  line.each("backend", [&](std::string_view value) { options.loop.backend = backend_from(value); });
  for (const std::string& word : line.operands()) {
    options.queries.push_back(parse_query(word, services, as));
  }
  return options;
}

}  // namespace sluice::tools::lookup
