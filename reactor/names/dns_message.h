// DNS questions and answers as bytes.
//
// What it is: pure functions. An answer comes from a stranger and may contain any bytes. The reader
// never reads beyond their end, and its time is linear in their number.
// Thread: any. Errors: std::bad_alloc. Source: RFC 1035, 4.1; RFC 3596; RFC 2317.
#ifndef SLUICE_REACTOR_NAMES_DNS_MESSAGE_H
#define SLUICE_REACTOR_NAMES_DNS_MESSAGE_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../base/address.h"
#include "raw_address.h"
#include "resolver_types.h"

namespace sluice {

// RFC 1035; RFC 3596, 2.1; RFC 2782; RFC 8659; RFC 9460.
enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  srv = 33,
  https = 65,
  caa = 257,
};

inline constexpr std::uint16_t kDnsClassIn = 1;  // RFC 1035, 3.2.4

// A question with the id 0. REQUIRES: is_host_name(name).
std::string dns_question(std::string_view name, DnsType type);
// REQUIRES: dns_question() made `question`.
DnsType dns_type_of(std::string_view question) noexcept;
// Sets the id. REQUIRES: dns_question() made `question`.
void set_dns_id(std::string& question, std::uint16_t id) noexcept;

struct DnsAnswer {
  // The limits keep the first addresses and names of an answer. A client has no use for more.
  static constexpr std::size_t kMaxAddresses = ResolverOptions::kMaxAddresses;
  static constexpr std::size_t kMaxNames = 64;

  std::error_code error;              // a ResolverError; without one there is an address or a name
  std::vector<RawAddress> addresses;  // of types a and aaaa, in the server's order, each once
  std::vector<std::string> names;     // of type ptr, only valid host names, each once
};

// Reads the answer to `question`, of type a, aaaa or ptr, from `message`. Skips records of other
// names and types. Does not check the id and the question of `message`; the caller has done so.
DnsAnswer read_dns_answer(std::span<const unsigned char> message, std::string_view question);

// The error that an RCODE stands for; none for 0. RFC 1035, 4.1.1.
std::error_code error_of_rcode(unsigned rcode) noexcept;

// The name to look up for the names of an address, such as "1.2.0.192.in-addr.arpa". RFC 1035, 3.5;
// RFC 3596, 2.5.
std::string reverse_dns_name(const RawAddress& address);

}  // namespace sluice

#endif
