// The command line of sluice-lookup.
//
// Errors: parse_lookup_options() throws UsageError, which names the option, what was read and what
// is allowed. The page sluice-lookup(1) describes each option, and a test holds the two together.
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_OPTIONS_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_OPTIONS_H

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../../reactor/names/dns_pool.h"
#include "../../reactor/names/resolver.h"
#include "../../reactor/names/service_names.h"
#include "../common/command_line.h"
#include "query.h"
#include "tls_server.h"

namespace sluice::tools::lookup {

struct LookupOptions {
  std::vector<Query> queries;      // empty, as are the lists: this host itself
  std::vector<std::string> lists;  // files of words; "-" is the standard input
  TakenFor as = TakenFor::what_it_is;
  std::vector<DnsType> types;  // to ask servers for; empty: addresses and names
  int family = AF_UNSPEC;
  bool json = false;
  bool unicode = false;  // print names in Unicode too
  ResolverOptions resolver;
  DnsPoolOptions pool;
  std::optional<TlsAsking> tls;  // servers are asked over TLS
  LoopOptions loop;
  // The text for --help or --version. If it is not empty, the program does nothing else.
  std::string answer;

  // Whether DNS servers alone are asked, many at a time: for a list, a prefix or a type,
  // and over TLS.
  [[nodiscard]] bool is_bulk() const noexcept;
};

// Every option, in the order of --help: for the shells' completions.
std::span<const OptionSpec> lookup_option_table() noexcept;

LookupOptions parse_lookup_options(int argc, const char* const* argv, const ServiceNames& services);

}  // namespace sluice::tools::lookup

#endif
