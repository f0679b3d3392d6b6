// Names to addresses and addresses to names, without ever blocking the loop.
//
// What it is: look-ups in /etc/hosts and of DNS servers. The resolver reads /etc/hosts once, and
// again when it has changed, a slice a turn; and /etc/resolv.conf when it is made, search domains
// and ndots included. It orders addresses by the rules of RFC 6724 that need no look at each one.
// A numeric host is an answer without a question. "localhost" and names that end in ".localhost"
// have the addresses of /etc/hosts' localhost, or else the loopback address; no server is asked.
// Each answer comes at the end of a turn, never inside of the call that asked, and a resolver takes
// about a millisecond of each turn, callbacks not counted.
// At most kMaxAsked look-ups are asked at a time; the others wait for their turn. Look-ups of one
// name share its questions. Each question has a socket, and so a port, of its own, and its id comes
// from the system's random numbers. HOSTALIASES has no effect.
// Lifetime: must go before its loop; going cancels what is asked, silently. Its functions may ask,
// cancel and destroy it. While nothing is pending it keeps no host's loop from returning.
// Thread: the loop's.
// Errors: the constructor throws std::system_error (ENOMEM; what getentropy() says when the system
// gives no random numbers) and std::invalid_argument (a server that is no IP address with a port,
// or has a zone; a try_timeout or tries below 1; a negative deadline). An answer carries an
// error_code of resolver_category(): ResolverError says which there are. What a function throws is
// reported by the loop. Units: milliseconds, of real time.
// Source: RFC 1034, RFC 1035, RFC 5452, RFC 6724, RFC 6761, RFC 7686; hosts(5), resolv.conf(5).
#ifndef SLUICE_REACTOR_NAMES_RESOLVER_H
#define SLUICE_REACTOR_NAMES_RESOLVER_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../base/address.h"
#include "../base/export.h"
#include "../loop/loop.h"
#include "resolver_types.h"

namespace sluice {

class SLUICE_EXPORT Resolver {
 public:
  static constexpr std::size_t kMaxAsked = 128;

  // Without an error there is at least one.
  using AddressesFound = std::function<void(std::error_code, std::vector<Address>)>;
  using NamesFound = std::function<void(std::error_code, std::vector<std::string>)>;

  explicit Resolver(Loop& loop, const ResolverOptions& options = {});
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  // The addresses of `host`, each with `port`, best first. May throw std::bad_alloc.
  // REQUIRES: `family` is AF_UNSPEC, AF_INET or AF_INET6; `found` is not empty.
  LookupId addresses(std::string_view host, std::uint16_t port, int family, AddressesFound found);
  // The names of an address, its main one first. REQUIRES: an IP address, whose port and zone do
  // not matter; `found` is not empty.
  LookupId names(const Address& address, NamesFound found);
  // Its function will not run, and what it holds is freed at once. Harmless when it has run.
  void cancel(LookupId id) noexcept;
  [[nodiscard]] std::size_t pending() const noexcept;  // look-ups that have not been answered

 private:
  class SLUICE_LOCAL Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice

#endif
