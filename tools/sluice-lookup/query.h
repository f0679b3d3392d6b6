// The question in one word of the command line.
//
// What it is: a pure function of the word and the services database.
//   127.0.0.1  ::1  fe80::1%eth0     an address: its names are wanted
//   192.0.2.0/24  2001:db8::/120     a prefix: the names of each of its addresses
//   53  53/udp                       a port: its service's name
//   ssh  ssh/tcp                     a service: its ports
//   host  host.example               a name: its addresses
// A word without a dot that the database has is a service; every other word is a name.
// Errors: UsageError that quotes the word. Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_QUERY_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_QUERY_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../../reactor/base/address.h"
#include "../../reactor/base/endpoint.h"
#include "../../reactor/names/service_names.h"
#include "../common/ip_number.h"

namespace sluice::tools::lookup {

enum class QueryKind { name, address, prefix, service, port };

// "name", "address", "prefix", "service", "port".
std::string_view to_string(QueryKind kind) noexcept;

// How to interpret a word.
enum class TakenFor { what_it_is, name, service };

struct Query {
  QueryKind kind = QueryKind::name;
  std::string text;  // as it was written
  std::string name;  // of a host, in ASCII; or of a service without its protocol
  Address address;   // of a prefix, the first one
  IpRange range;     // of a prefix
  std::uint16_t port = 0;
  std::optional<Scheme> scheme;  // the protocol that was asked for; none: both
};

// The addresses of a prefix; those of a /8 of IPv4.
inline constexpr std::uint64_t kMaxPrefixAddresses = std::uint64_t{1} << 24;

// TakenFor::name: an address, a prefix or a name. TakenFor::service: a port or a service.
Query parse_query(std::string_view text, const ServiceNames& services, TakenFor as);

}  // namespace sluice::tools::lookup

#endif
