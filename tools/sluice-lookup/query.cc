#include "query.h"

#include <algorithm>

#include "../../reactor/base/text/quote.h"
#include "../common/digits.h"
#include "../common/international_name.h"
#include "../common/number.h"
#include "../common/usage_error.h"

namespace sluice::tools::lookup {
namespace {

Scheme parse_protocol(std::string_view text, std::string_view protocol) {
  for (const Scheme scheme : {Scheme::tcp, Scheme::udp}) {
    if (protocol == to_string(scheme)) return scheme;
  }
  throw UsageError(quote(text) + ": protocol " + quote(protocol) + " is not tcp or udp");
}

std::uint16_t parse_port(std::string_view text, std::string_view digits) {
  const auto port = parse_digits(digits, 10);
  if (!port || *port > 65'535) {
    throw UsageError(quote(text) + ": port " + escape(digits, kMaxQuoted) + " is not in 0-65535");
  }
  return static_cast<std::uint16_t>(*port);
}

IpRange parse_prefix(std::string_view text, const Address& address, std::string_view digits) {
  const IpNumber number = IpNumber::of(address);
  const auto length = parse_digits(digits, 10);
  if (!length || *length > number.bits()) {
    throw UsageError(quote(text) + ": prefix length " + quote(digits) + " is not in 0-" +
                     std::to_string(number.bits()));
  }
  const auto bits = static_cast<unsigned>(*length);
  const IpRange range{number.first_of_prefix(bits), number.last_of_prefix(bits)};
  if (range.size() > kMaxPrefixAddresses) {
    throw UsageError(quote(text) + " has more than " + std::to_string(kMaxPrefixAddresses) +
                     " addresses; allowed: a prefix length of at least " +
                     std::to_string(number.bits() - 24));
  }
  return range;
}

bool has(const ServiceNames& services, std::string_view name) {
  return services.port(name, Scheme::tcp) || services.port(name, Scheme::udp);
}

}  // namespace

std::string_view to_string(QueryKind kind) noexcept {
  switch (kind) {
    case QueryKind::name:
      return "name";
    case QueryKind::address:
      return "address";
    case QueryKind::prefix:
      return "prefix";
    case QueryKind::service:
      return "service";
    case QueryKind::port:
      return "port";
  }
  return "?";
}

Query parse_query(std::string_view text, const ServiceNames& services, TakenFor as) {
  if (text.empty()) {
    throw UsageError(
        "\"\" is empty; allowed: a name, an address, a prefix, SERVICE[/PROTO] and PORT[/PROTO]");
  }
  Query query;
  query.text = text;
  const std::size_t slash = text.rfind('/');
  const std::string_view word = text.substr(0, slash);
  if (as != TakenFor::service) {
    if (const auto address = Address::from_ip(text, 0)) {
      query.kind = QueryKind::address;
      query.address = *address;
      return query;
    }
    if (const auto address = Address::from_ip(word, 0)) {
      query.kind = QueryKind::prefix;
      query.range = parse_prefix(text, *address, text.substr(slash + 1));
      query.address = query.range.first.address(0);
      return query;
    }
    query.name = ascii_name(text);
    if (as == TakenFor::name) return query;
  }
  if (slash != text.npos) {
    if (word.empty()) throw UsageError(quote(text) + ": the service or port is missing");
    if (Address::from_ip(word, 0)) {
      throw UsageError(quote(text) + " is a prefix; allowed with --service: a service or a port");
    }
    query.scheme = parse_protocol(text, text.substr(slash + 1));
  }
  if (is_digits(word)) {
    query.kind = QueryKind::port;
    query.port = parse_port(text, word);
  } else if (query.scheme || as == TakenFor::service ||
             (word.find('.') == word.npos && has(services, word))) {
    query.kind = QueryKind::service;
    query.name = word;
  }
  return query;
}

}  // namespace sluice::tools::lookup
