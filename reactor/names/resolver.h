// Looks up the addresses of a name and the names of an address without blocking the loop.
//
// What it is: lookups in /etc/hosts and by DNS servers. The resolver reads /etc/resolv.conf once,
// when it is constructed, with its search domains and ndots. It reads /etc/hosts again when the
// file has changed, one slice at a time. It orders addresses by rules 1, 2, 5, 6 and 8 of RFC 6724.
// A numeric address is returned unchanged. "localhost", and any name that ends in ".localhost", has
// the addresses that /etc/hosts lists for localhost, or else the loopback address; no server is
// asked.
// The resolver calls each function at the end of a turn, never inside the call that started the
// lookup. It takes about a millisecond of each turn, without the time that the functions take. It
// works on kMaxAsked lookups at a time; the others wait. Lookups of one name share a question. Each
// question has its own socket, and so its own port, and a random id from the system. HOSTALIASES
// has no effect.
// Lifetime: must be destroyed before its loop. The destructor cancels all lookups and calls
// nothing. The functions may start and cancel lookups and destroy the resolver. A resolver without
// pending lookups does not keep a loop running.
// Thread: the loop's.
// Errors: the constructor throws std::system_error (ENOMEM, or the error of getentropy() if the
// system gives no random numbers) and std::invalid_argument (a server that is not an IP address
// with a port and without a zone, try_timeout below 1 ms, tries of 0, a negative deadline). The
// error of a lookup is a ResolverError, in resolver_category(). The loop reports what a function
// throws.
// Units: milliseconds, of real time.
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
  // With both families twice as many questions. The receive buffer of a server has room for 277 by
  // default on Linux, and what comes above that is lost without a word.
  static constexpr std::size_t kMaxAsked = 64;

  // Without an error, the vector has at least one element.
  using AddressesFound = std::function<void(std::error_code, std::vector<Address>)>;
  using NamesFound = std::function<void(std::error_code, std::vector<std::string>)>;

  explicit Resolver(Loop& loop, const ResolverOptions& options = {});
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  // Looks up the addresses of `host`, each with `port`, in the order in which a client should try
  // them. May throw std::bad_alloc.
  // REQUIRES: `family` is AF_UNSPEC, AF_INET or AF_INET6; `found` is not empty.
  LookupId addresses(std::string_view host, std::uint16_t port, int family, AddressesFound found);
  // Looks up the names of an address, the main name first. Ignores its port and zone. May throw
  // std::bad_alloc. REQUIRES: an IP address; `found` is not empty.
  LookupId names(const Address& address, NamesFound found);
  // Prevents the function from running, and destroys it at once. Does nothing if it has run.
  void cancel(LookupId id) noexcept;
  [[nodiscard]] std::size_t pending() const noexcept;  // the number of unfinished lookups

 private:
  class SLUICE_LOCAL Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice

#endif
