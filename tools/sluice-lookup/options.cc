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
    OptionSpec{"name", 0, "", "treat every word as a name or an address"},
    OptionSpec{"service", 0, "", "treat every word as a service or a port"},
    OptionSpec{"ipv4", '4', "", "print only IPv4 addresses"},
    OptionSpec{"ipv6", '6', "", "print only IPv6 addresses"},
    OptionSpec{"json", 0, "", "print each answer as a JSON object on a line"},
    OptionSpec{"timeout", 0, "DURATION", "limit on each lookup, or off (10s)"},
    OptionSpec{"server", 0, "ADDRESS[:PORT]", "ask this DNS server; repeatable", true},
    OptionSpec{"backend", 0, "auto|epoll|poll|select", "event backend (auto)"},
    OptionSpec{"help", 0, "", "print this help and exit"},
    OptionSpec{"version", 0, "", "print the version and exit"},
};

std::string help_text() {
  return "Usage: sluice-lookup [OPTION]... [NAME|ADDRESS|SERVICE[/PROTO]|PORT[/PROTO]]...\n"
         "Prints addresses of names, names of addresses, and ports of services.\n"
         "Without an argument, it prints the name and the addresses of this host.\n"
         "\nOptions:\n" +
         help_of(kOptions) +
         "\nA word without a dot that is in the services database is a service.\n"
         "PROTO is tcp or udp.\nA DURATION is 500ms, 30s, 5m, 2h or 1d.\n"
         "See sluice-lookup(1).\n";
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
                   " is not an address, a.b.c.d:PORT or [IPv6]:PORT without a zone");
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
