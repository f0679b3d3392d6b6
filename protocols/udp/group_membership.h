// A socket's membership in multicast groups, on interfaces that may appear and disappear.
//
// What it is: the list of groups that the socket has joined, each on one interface. The kernel
// limits the number of memberships of a socket, and keeps those on an interface that no longer
// exists. So the socket must leave a group when its interface disappears.
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

  // Makes the socket a member of exactly these groups; the zone of each names its interface.
  // Returns an error if a group cannot be joined; the next call tries again. An interface that has
  // disappeared meanwhile is not an error, nor is a group that a socket had joined before it was
  // passed to this process: it counts as joined here. May throw std::bad_alloc, but not without
  // groups.
  std::error_code set_groups(std::span<const Address> groups);

  [[nodiscard]] std::span<const Address> joined() const noexcept { return joined_; }

 private:
  DatagramSocket& socket_;
  std::vector<Address> joined_;
};

}  // namespace sluice

#endif
