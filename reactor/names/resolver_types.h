// The errors and options of a Resolver, and the id of a lookup.
//
// Units: milliseconds, of real time.
#ifndef SLUICE_REACTOR_NAMES_RESOLVER_TYPES_H
#define SLUICE_REACTOR_NAMES_RESOLVER_TYPES_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <vector>

#include "../base/address.h"
#include "../base/export.h"

namespace sluice {

enum class ResolverError : std::uint8_t {
  not_found = 1,  // the name does not exist (NXDOMAIN), or the address has no name
  no_address,     // the name exists, but has no address of the requested family
  timed_out,      // no server answered in time
  server_failed,  // a server returned a failure (SERVFAIL, NOTIMP) or a malformed answer
  refused,        // a server refused to answer (REFUSED)
  bad_name,       // not a host name: empty, too long, or with a character that is not allowed
  no_memory,
  no_server  // no server could be reached; or the system gives no random numbers, without which no
             // question is sent
};

SLUICE_EXPORT const std::error_category& resolver_category() noexcept;
SLUICE_EXPORT std::error_code make_error_code(ResolverError error) noexcept;

struct ResolverOptions {
  static constexpr std::chrono::milliseconds kMaxTryTimeout = std::chrono::hours(1);
  static constexpr unsigned kMaxTries = 8;
  // For each name and family, in an answer and in the hosts file. The first ones are kept.
  static constexpr std::size_t kMaxAddresses = 256;

  // A value above its maximum counts as the maximum.
  // The timeout of the first try of a question. It grows with each further try. At least 1 ms.
  std::chrono::milliseconds try_timeout{2000};
  unsigned tries = 3;                          // for each server; at least 1
  std::chrono::milliseconds deadline{10'000};  // of a whole lookup, from the call; 0: none
  std::vector<Address> servers{};              // empty: the servers in /etc/resolv.conf
  bool over_tcp = false;  // every question; else only one whose answer a datagram cannot hold
};

// Identifies one lookup of one resolver. A default-constructed one identifies none.
struct LookupId {
  std::uint64_t number = 0;
  friend bool operator==(LookupId, LookupId) = default;
};

}  // namespace sluice

template <>
struct std::is_error_code_enum<sluice::ResolverError> : std::true_type {};

#endif
