// A socket's membership of a multicast group on interfaces that come and go.
//
// What it is: the interfaces on which the socket has joined. The kernel keeps a socket's place in
// a group of an interface that has vanished, and a socket has only so many; so that place is given
// up.
// Lifetime: REQUIRES that the socket outlives it. Thread: the loop's.
// Source: RFC 3678 section 5.1.
#ifndef SLUICE_PROTOCOLS_UDP_GROUP_MEMBERSHIP_H
#define SLUICE_PROTOCOLS_UDP_GROUP_MEMBERSHIP_H

#include <span>
#include <system_error>
#include <vector>

#include "../../reactor/base/address.h"
#include "../../reactor/base/export.h"
#include "../../reactor/datagram/datagram.h"

namespace sluice {

class SLUICE_EXPORT GroupMembership {
 public:
  explicit GroupMembership(DatagramSocket& socket) noexcept : socket_(socket) {}

  // Joined from now on: each of `groups`, whose zone names its interface, and no other one. Returns
  // why one of them could not be joined; that is tried again when follow() is called again. An
  // interface that has gone meanwhile is no failure. May throw std::bad_alloc.
  std::error_code follow(std::span<const Address> groups);

  [[nodiscard]] std::span<const Address> joined() const noexcept { return joined_; }

 private:
  DatagramSocket& socket_;
  std::vector<Address> joined_;
};

}  // namespace sluice

#endif
