// Opens datagram sockets: options, bind or connect, multicast groups.
//
// Errors: std::system_error, which names the call and the endpoint.
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_OPEN_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_OPEN_H

#include <string_view>

#include "../base/address.h"
#include "../base/endpoint.h"
#include "../base/fd.h"
#include "datagram_types.h"

namespace sluice {

struct OpenDatagram {
  Fd fd;  // non-blocking, close-on-exec
  int family = AF_UNSPEC;
  bool wildcard = false;      // bound to an unspecified address
  bool dual = false;          // an IPv6 socket that also uses IPv4
  bool destinations = false;  // the kernel reports the destinations of datagrams
  Endpoint local;             // with the address that the system has bound
  Address peer;               // unspecified unless connected
};

// REQUIRES for each endpoint: Scheme::udp.
[[nodiscard]] OpenDatagram open_bound(DatagramBinding local, const DatagramOptions& options);
[[nodiscard]] OpenDatagram open_connected(const Endpoint& peer, const DatagramOptions& options);

enum class Membership { join, leave };

void change_membership(const OpenDatagram& socket, Membership change, const Address& group,
                       std::string_view interface);

// SO_RCVBUF, as the system has set it.
[[nodiscard]] int receive_buffer_of(const OpenDatagram& socket);

// The IPv4-mapped IPv6 address, with the same port, of an IPv4 address. Other addresses are
// unchanged.
[[nodiscard]] Address mapped(const Address& address) noexcept;

}  // namespace sluice

#endif
