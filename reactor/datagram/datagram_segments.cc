#include "datagram_segments.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "datagram_batch.h"

namespace sluice {

#if SLUICE_HAS_MMSG && defined(UDP_SEGMENT) && defined(UDP_GRO)

// A kernel that does not know the option would send the message as one datagram, so ask first.
bool can_cut(int fd) noexcept {
  int size = 0;
  socklen_t length = sizeof size;
  return ::getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &length) == 0;
}

bool join_received(int fd, bool wanted) noexcept {
  const int on = wanted ? 1 : 0;
  return ::setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0 && wanted;
}

bool refuses_cut(int error) noexcept {
  return error == EINVAL || error == EIO || error == EMSGSIZE || error == EOPNOTSUPP;
}

void write_segment(std::size_t size, DatagramControl& control, msghdr& header) noexcept {
  const auto segment = static_cast<std::uint16_t>(size);
  static_assert(CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof segment) <=
                sizeof(DatagramControl));
  const std::size_t used = header.msg_control == nullptr ? 0 : header.msg_controllen;
  auto* const place = control.bytes.data() + used;
  // The kernel also reads the padding.
  std::memset(place, 0, CMSG_SPACE(sizeof segment));
  auto* const added = reinterpret_cast<cmsghdr*>(place);
  added->cmsg_level = IPPROTO_UDP;
  added->cmsg_type = UDP_SEGMENT;
  added->cmsg_len = CMSG_LEN(sizeof segment);
  std::memcpy(CMSG_DATA(added), &segment, sizeof segment);
  header.msg_control = control.bytes.data();
  header.msg_controllen = used + CMSG_SPACE(sizeof segment);
}

std::size_t read_segment(const msghdr& header) noexcept {
  msghdr copy = header;  // the macros take no const
  for (cmsghdr* part = CMSG_FIRSTHDR(&copy); part != nullptr; part = CMSG_NXTHDR(&copy, part)) {
    if (part->cmsg_level != IPPROTO_UDP || part->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(part), sizeof size);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  return 0;
}

#else

bool can_cut(int /*fd*/) noexcept { return false; }
bool join_received(int /*fd*/, bool /*wanted*/) noexcept { return false; }
bool refuses_cut(int /*error*/) noexcept { return false; }
void write_segment(std::size_t /*size*/, DatagramControl& /*control*/,
                   msghdr& /*header*/) noexcept {}
std::size_t read_segment(const msghdr& /*header*/) noexcept { return 0; }

#endif

}  // namespace sluice
