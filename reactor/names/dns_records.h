// The records of a DNS answer as text, in the presentation format of zone files.
//
// What it is: pure functions. Names have no dot at their end; the root is ".". Bytes that are not
// printable ASCII are \DDD, so that no terminal obeys them.
// Thread: any. Errors: std::bad_alloc.
// Source: RFC 1035, 5.1 and 3.3; RFC 3596; RFC 2782; RFC 8659, 4.1.1; RFC 9460, 2.1.
#ifndef SLUICE_REACTOR_NAMES_DNS_RECORDS_H
#define SLUICE_REACTOR_NAMES_DNS_RECORDS_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "dns_message.h"

namespace sluice {

struct DnsRecord {
  std::string name;  // the owner: of a record behind an alias, the name that it leads to
  DnsType type = DnsType::a;
  std::uint32_t ttl = 0;  // seconds
  std::string data;       // "10 mail.example"
};

struct DnsRecords {
  static constexpr std::size_t kMaxKept = 256;  // of one answer; the first ones

  std::error_code error;  // a ResolverError; no_address if the name has no such record
  std::vector<DnsRecord> records;
};

// Reads the answer to `question`, which dns_question() has made, from `message`. A record whose
// data is malformed makes the whole answer server_failed.
DnsRecords read_dns_records(std::span<const unsigned char> message, std::string_view question);

// "A", "MX", "HTTPS".
std::string_view to_string(DnsType type) noexcept;
// The reverse, in any case.
std::optional<DnsType> dns_type_from(std::string_view text) noexcept;
// All of them, in alphabetical order.
std::span<const DnsType> all_dns_types() noexcept;

}  // namespace sluice

#endif
