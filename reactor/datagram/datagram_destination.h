// The address that a datagram was sent to, and the one that an answer is to be sent from.
//
// What it is: ancillary data of recvmsg() and sendmsg(), read and written. A wildcard socket asks
// for it, because an answer from another of the host's addresses is one that the peer drops.
// Source: ip(7) IP_PKTINFO; RFC 3542 section 6, IPV6_PKTINFO. Where a system has neither, the
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

// Where a datagram went, as its receiver is told.
struct DatagramDestination {
  Address to;
  unsigned interface = 0;
  bool unicast = false;
};

// One message's room for ancillary data: both of a dual socket's, with their headers.
struct alignas(cmsghdr) DatagramControl {
  std::array<std::byte, 128> bytes;
};

// An address of this host's to send from, and the interface to send by, small enough to wait in a
// queue. A socket of family AF_INET6 wants an IPv4 one mapped.
struct DatagramSource {
  sa_family_t family = AF_UNSPEC;  // the system chooses
  std::uint32_t interface = 0;     // 0: the one that the routing table says
  in6_addr address{};              // IPv4: its first four bytes; unspecified: the system chooses

  // REQUIRES: an IP address, with its zone if it has one.
  static DatagramSource of(const Address& address) noexcept;
};

// Asks for destinations on `fd`. What the system does not have is left out.
void request_destinations(int fd, int family) noexcept;

// What the kernel says in `header`'s ancillary data of where the datagram went; `port` is the
// socket's. `into` is written whole.
void read_destination(const msghdr& header, std::uint16_t port, DatagramDestination& into) noexcept;

// Makes `header` send from `source`. REQUIRES: `control` lives until it is sent.
void write_source(const DatagramSource& source, DatagramControl& control, msghdr& header) noexcept;

}  // namespace sluice

#endif
