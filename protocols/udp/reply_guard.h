// Who gets no answer over UDP: the rule against loops and amplifiers.
//
// A datagram's source can be forged. A service that answers whoever is named there can be made to
// talk for ever to another one that does the same, and to flood a third party. So no answer goes
//   - to a source port below 1024, or 2049 (NFS): where such services are;
//   - to a source port on which a service that shares this guard listens, on whatever host: two of
//     them, here or on two hosts set up alike, are not to talk to each other;
//   - to a source that is broadcast (255/8, or this host's own 192.0.2.255), multicast or
//     unspecified (0/8, ::); loopback is allowed;
//   - to a request that was itself sent to a broadcast or multicast address, if the system tells:
//     one forged datagram would be answered by every host (RFC 1122 3.2.2 says so of ICMP). A
//     service that is there to be found so says RequestsTo::any, and limits its answers itself.
// IPv4 addresses mapped into IPv6 are judged as IPv4.
// What it cannot see: a loop with a foreign answerer on another port from 1024 on.
//
// What it is: one object for the UDP services of a loop. A refusal is counted, and told to the
// loop's reporter (Report::Kind::refused) once a second at most.
// Lifetime: must go before its loop and after the services that use it. Thread: the loop's.
// Errors: allows() and add_port() may throw std::bad_alloc.
// Source: the first and third rule are those of OpenBSD's inetd(8), but for loopback.
#ifndef SLUICE_PROTOCOLS_UDP_REPLY_GUARD_H
#define SLUICE_PROTOCOLS_UDP_REPLY_GUARD_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/base/address.h"
#include "../../reactor/base/export.h"
#include "../../reactor/datagram/datagram.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/paced_report.h"
#include "own_broadcasts.h"

namespace sluice {

// Which requests a service answers: those to this host alone, or those to many hosts at once too.
enum class RequestsTo : std::uint8_t { one, any };

class SLUICE_EXPORT ReplyGuard {
 public:
  enum class Refusal : std::uint8_t {
    none,            // it may be answered
    reserved_port,   // the source's: below 1024, or 2049
    service_port,    // the source's: one that was given to add_port()
    source_address,  // broadcast, multicast, unspecified
    sent_to_many     // the request's own destination was broadcast or multicast
  };

  explicit ReplyGuard(Loop& loop);

  // Whether `datagram`, which arrived at `where` (the endpoint, for the report), may be answered.
  // Counts and reports when it may not.
  [[nodiscard]] bool allows(const Datagram& datagram, std::string_view where,
                            RequestsTo requests = RequestsTo::one);
  // The same without counting.
  [[nodiscard]] Refusal judge(const Datagram& datagram, RequestsTo requests = RequestsTo::one);
  // Whether it was sent to a broadcast or multicast address; false where the system does not tell.
  [[nodiscard]] bool sent_to_many(const Datagram& datagram);

  // A port that is answered on. One that was added twice must be removed twice.
  void add_port(std::uint16_t port);
  void remove_port(std::uint16_t port) noexcept;

  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  [[nodiscard]] bool is_for_many(const Address& address);
  [[nodiscard]] Report describe() const;

  OwnBroadcasts broadcasts_;
  std::vector<std::uint16_t> ports_;
  std::uint64_t refused_ = 0;
  // The latest refusal, for the report.
  Refusal last_ = Refusal::none;
  Address last_source_;
  std::string last_where_;
  PacedReport report_;
};

// In words: "its port is below 1024 or 2049".
SLUICE_EXPORT std::string_view to_string(ReplyGuard::Refusal refusal) noexcept;

}  // namespace sluice

#endif
