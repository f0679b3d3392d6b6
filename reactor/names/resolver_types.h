// A Resolver's errors and options, and the name of a look-up.
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
  not_found = 1,  // there is no such name (NXDOMAIN), or no name for the address
  no_address,     // the name exists and has no address of the family that is asked for
  timed_out,      // no server answered in time
  server_failed,  // a server answered that it cannot (SERVFAIL, NOTIMP, malformed)
  refused,        // the server refused, none could be reached, or each of several failed; or the
                  // system gives no random numbers, without which nothing is asked
  bad_name,       // not a name: empty, too long, or with a character that no name has
  no_memory
};

SLUICE_EXPORT const std::error_category& resolver_category() noexcept;
SLUICE_EXPORT std::error_code make_error_code(ResolverError error) noexcept;

struct ResolverOptions {
  static constexpr std::chrono::milliseconds kMaxTryTimeout = std::chrono::hours(1);
  static constexpr unsigned kMaxTries = 8;
  // Of one name and family, in an answer and in the hosts file: the first ones.
  static constexpr std::size_t kMaxAddresses = 256;

  // Numbers above their maxima mean the maxima.
  // Of one question to one server, the first time; later ones are longer. At least 1 ms.
  std::chrono::milliseconds try_timeout{2000};
  unsigned tries = 3;                          // for each server; at least 1
  std::chrono::milliseconds deadline{10'000};  // of one look-up in all; 0: none
  std::vector<Address> servers{};              // empty: those of /etc/resolv.conf
};

// Names one look-up of one resolver. A default-constructed one names none.
struct LookupId {
  std::uint64_t number = 0;
  friend bool operator==(LookupId, LookupId) = default;
};

}  // namespace sluice

template <>
struct std::is_error_code_enum<sluice::ResolverError> : std::true_type {};

#endif
