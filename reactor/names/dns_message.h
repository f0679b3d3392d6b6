// DNS questions and answers as bytes.
//
// What it is: pure functions. An answer comes from a stranger: any bytes are read, none beyond
// their end, in a time that grows with their number alone.
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

enum class DnsType : std::uint16_t { a = 1, ptr = 12, aaaa = 28 };

// A question without its id. REQUIRES: is_host_name(name).
std::string dns_question(std::string_view name, DnsType type);
// Sets the id. REQUIRES: `question` is dns_question()'s.
void set_dns_id(std::string& question, std::uint16_t id) noexcept;

struct DnsAnswer {
  // The first of an answer; a client has no use for more, and its time is limited.
  static constexpr std::size_t kMaxAddresses = ResolverOptions::kMaxAddresses;
  static constexpr std::size_t kMaxNames = 64;
  // Aliases that lead from the question's name to the one that has the records.
  static constexpr std::size_t kMaxAliases = 16;

  std::error_code error;              // a ResolverError; without one there is an address or a name
  std::vector<RawAddress> addresses;  // of types a and aaaa, in the server's order, each once
  std::vector<std::string> names;     // of type ptr, host names alone, each once
};

// What `message` answers to `question`. Records of other names and types are skipped. That the
// identification and the question are the same has been seen to by its reader.
DnsAnswer read_dns_answer(std::span<const unsigned char> message, std::string_view question);

// The name under which an address has its names: "1.2.0.192.in-addr.arpa". RFC 1035, 3.5; RFC
// 3596, 2.5.
std::string reverse_dns_name(const RawAddress& address);

}  // namespace sluice

#endif
