// The address that a datagram was sent to, and the address to send a reply from.
//
// What it is: reads and writes the ancillary data of recvmsg() and sendmsg(). A wildcard socket
// needs it, because a peer drops a reply from an address to which it did not send.
// Source: ip(7) IP_PKTINFO; RFC 3542 section 6, IPV6_PKTINFO. On a system without them, the
// destination is unspecified and the system chooses the source.
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_DESTINATION_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_DESTINATION_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "../base/address.h"

namespace sluice {

// The destination of a datagram, as the handler sees it.
struct DatagramDestination {
  Address to;
  unsigned interface = 0;
  bool unicast = false;
};

// Space for the ancillary data of one message: both kinds on a socket for both families.
struct alignas(cmsghdr) DatagramControl {
  std::array<std::byte, 128> bytes;
};

// The source address and the interface of a datagram, in a form that is small enough for the queue.
// On a socket of family AF_INET6, an IPv4 address must be mapped.
struct DatagramSource {
  sa_family_t family = AF_UNSPEC;  // unspecified: the system chooses
  std::uint32_t interface = 0;     // 0: the routing table determines it
  in6_addr address{};              // IPv4: its first four bytes; unspecified: the system chooses

  friend bool operator==(const DatagramSource& a, const DatagramSource& b) noexcept {
    return a.family == b.family && a.interface == b.interface &&
           IN6_ARE_ADDR_EQUAL(&a.address, &b.address);
  }
  // REQUIRES: an IP address, with its zone if it has one.
  static DatagramSource of(const Address& address) noexcept;
};

// Asks the kernel for destinations on `fd`. Kinds that the system does not have are left out.
void request_destinations(int fd, int family) noexcept;

// Reads the destination from the ancillary data of `header`. `port` is the socket's. Sets all of
// `into`.
void read_destination(const msghdr& header, std::uint16_t port, DatagramDestination& into) noexcept;

// Makes `header` use `source`. REQUIRES: `control` exists until the message has been sent.
void write_source(const DatagramSource& source, DatagramControl& control, msghdr& header) noexcept;

}  // namespace sluice

#endif
