// Decides which requests over UDP get no answer, to prevent loops and amplification.
//
// The source of a datagram can be forged. An attacker could make two services answer each other
// forever, or make a service flood a third party. So no answer is sent
//   - to a source port below 1024, or 2049 (NFS), where other UDP services listen;
//   - to a source port on which a service with this guard listens, on any host, if the service has
//     no AnswerLimits. With them, such a source gets AnswerLimits::kToServicePort answers a second:
//     an ordinary client may have that port by chance, and two services, on this host or on two
//     hosts with the same configuration, must not answer each other for long;
//   - to a source address that is broadcast (255/8, or the 192.0.2.255 of one of this host's
//     networks), multicast or unspecified (0/8, ::); loopback is allowed;
//   - to a request that was sent to a broadcast or multicast address, if the system provides the
//     destination: every host would answer one forged datagram (RFC 1122 section 3.2.2 has the same
//     rule for ICMP). A service that clients discover in this way uses RequestsTo::any, and limits
//     its answers itself.
// An IPv4-mapped IPv6 address is treated as the IPv4 address.
// The rules do not detect a loop with another program's service on another port above 1023, or with
// another process of this one. AnswerLimits end such a loop if it is faster than they allow.
//
// What it is: one object for all UDP services of a loop. It counts refusals, and reports them
// (Report::Kind::refused) at most once a second.
// Lifetime: must be destroyed after the services that use it, and before its loop.
// Thread: the loop's. Errors: allows() and add_port() may throw std::bad_alloc.
// Source: the first and third rule are those of OpenBSD's inetd(8), which also refuses loopback.
#ifndef SLUICE_PROTOCOLS_UDP_REPLY_GUARD_H
#define SLUICE_PROTOCOLS_UDP_REPLY_GUARD_H

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/base/address.h"
#include "../../reactor/base/export.h"
#include "../../reactor/datagram/datagram.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/paced_report.h"
#include "answer_limits.h"
#include "own_broadcasts.h"

namespace sluice {

// Which requests a service answers: only those that were sent to one host, or also those that were
// sent to a broadcast or multicast address.
enum class RequestsTo : std::uint8_t { one, any };

class SLUICE_EXPORT ReplyGuard {
 public:
  enum class Refusal : std::uint8_t {
    none,            // an answer is allowed
    not_admitted,    // the program's own rule rejects the source
    reserved_port,   // the source port is below 1024, or 2049
    service_port,    // the source port was passed to add_port(): more than its few answers
    source_address,  // the source address is broadcast, multicast or unspecified
    sent_to_many,    // the request was sent to a broadcast or multicast address
    source_limit,    // the source has had its answers for now
    total_limit      // all sources together have
  };

  using Admits = std::function<bool(const Address& source)>;

  explicit ReplyGuard(Loop& loop);
  // For one service: `admits` is asked first, and then `all`, which has the ports and counts the
  // refusals too. REQUIRES: `all` outlives it, and `admits` is not empty.
  ReplyGuard(Loop& loop, ReplyGuard& all, Admits admits);

  // Returns whether `datagram` may be answered; counts and reports it if not. `where` is the
  // service's endpoint, for the report.
  [[nodiscard]] bool allows(const Datagram& datagram, std::string_view where,
                            RequestsTo requests = RequestsTo::one);
  // The same for a service with limits on its answers. Takes a token of them if it returns `none`.
  [[nodiscard]] Refusal admit(const Datagram& datagram, std::string_view where,
                              AnswerLimits& limits, RequestsTo requests = RequestsTo::one);
  // What allows() decides, but does not count or report.
  [[nodiscard]] Refusal check(const Datagram& datagram, RequestsTo requests = RequestsTo::one);
  // Whether `datagram` was sent to a broadcast or multicast address; false if the system does not
  // provide the destination.
  [[nodiscard]] bool is_sent_to_many(const Datagram& datagram);

  // Adds the port of a service. A port that was added twice must be removed twice.
  void add_port(std::uint16_t port);
  void remove_port(std::uint16_t port) noexcept;

  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  [[nodiscard]] SLUICE_LOCAL Refusal check_addresses(const Datagram& datagram, RequestsTo requests);
  [[nodiscard]] SLUICE_LOCAL bool is_service_port(std::uint16_t port) const noexcept;
  [[nodiscard]] SLUICE_LOCAL Refusal spend(const Datagram& datagram, AnswerLimits& limits);
  SLUICE_LOCAL void refuse(const Datagram& datagram, std::string_view where, Refusal refusal);
  [[nodiscard]] SLUICE_LOCAL bool is_for_many(const Address& address);
  [[nodiscard]] SLUICE_LOCAL Report describe() const;

  Loop& loop_;
  ReplyGuard* all_ = nullptr;
  Admits admits_;
  OwnBroadcasts broadcasts_;
  std::vector<std::uint16_t> ports_;
  std::uint64_t refused_ = 0;
  // The latest refusal, for the report.
  Refusal last_ = Refusal::none;
  Address last_source_;
  std::string last_where_;
  PacedReport report_;
};

// The reason in words: "its port is below 1024 or 2049".
SLUICE_EXPORT std::string_view to_string(ReplyGuard::Refusal refusal) noexcept;

}  // namespace sluice

#endif
