#include "datagram_destination.h"

#include <cstring>

namespace sluice {

namespace {

static_assert(sizeof(DatagramControl) >=
              CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(2 * sizeof(in6_addr)));

Address address_of(const in_addr& ip, std::uint16_t port) noexcept {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr = ip;
  return {reinterpret_cast<const sockaddr*>(&v4), sizeof v4};
}

// For multicast: the scopes whose addresses are ambiguous without an interface (RFC 4291, 2.7).
bool has_zone(const in6_addr& ip) noexcept {
  const int scope = ip.s6_addr[1] & 0x0f;
  return IN6_IS_ADDR_LINKLOCAL(&ip) || (ip.s6_addr[0] == 0xff && (scope == 1 || scope == 2));
}

Address address_of(const in6_addr& ip, unsigned interface, std::uint16_t port) noexcept {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = ip;
  if (has_zone(ip)) v6.sin6_scope_id = interface;
  return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6).unmapped();
}

template <class Info>
Info info_of(const cmsghdr& header) noexcept {
  Info info;
  std::memcpy(&info, CMSG_DATA(&header), sizeof info);
  return info;
}

template <class Info>
void append(int level, int type, const Info& info, DatagramControl& control,
            msghdr& header) noexcept {
  static_assert(CMSG_SPACE(sizeof info) <= sizeof(DatagramControl));
  header.msg_control = control.bytes.data();
  header.msg_controllen = CMSG_SPACE(sizeof info);
  // The kernel also reads the padding.
  std::memset(header.msg_control, 0, header.msg_controllen);
  cmsghdr* const first = CMSG_FIRSTHDR(&header);
  first->cmsg_level = level;
  first->cmsg_type = type;
  first->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(first), &info, sizeof info);
}

}  // namespace

DatagramSource DatagramSource::of(const Address& address) noexcept {
  DatagramSource result;
  result.family = static_cast<sa_family_t>(address.family());
  if (address.family() == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address.data(), sizeof v4);
    std::memcpy(&result.address, &v4.sin_addr, sizeof v4.sin_addr);
  } else {
    sockaddr_in6 v6;
    std::memcpy(&v6, address.data(), sizeof v6);
    result.address = v6.sin6_addr;
    result.interface = v6.sin6_scope_id;
  }
  return result;
}

void request_destinations(int fd, int family) noexcept {
  const int on = 1;
#if defined(IPV6_RECVPKTINFO)
  if (family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
#endif
#if defined(IP_PKTINFO)
  // Also on a socket of both families: for IPv4, only this option identifies a directed broadcast.
  ::setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
#endif
  static_cast<void>(on);
  static_cast<void>(fd);
  static_cast<void>(family);
}

void read_destination(const msghdr& header, std::uint16_t port,
                      DatagramDestination& into) noexcept {
  // The macros need a header that is not const, but do not change it.
  msghdr copy = header;
  bool known = false;
  for (cmsghdr* part = CMSG_FIRSTHDR(&copy); part != nullptr; part = CMSG_NXTHDR(&copy, part)) {
#if defined(IP_PKTINFO)
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      const auto info = info_of<in_pktinfo>(*part);
      into.to = address_of(info.ipi_addr, port);
      into.interface = static_cast<unsigned>(info.ipi_ifindex);
      // The address from which the kernel would answer. It equals the destination, unless that is a
      // broadcast or multicast address.
      into.unicast = info.ipi_spec_dst.s_addr == info.ipi_addr.s_addr;
      return;
    }
#endif
#if defined(IPV6_PKTINFO)
    if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      const auto info = info_of<in6_pktinfo>(*part);
      into.interface = static_cast<unsigned>(info.ipi6_ifindex);
      into.to = address_of(info.ipi6_addr, into.interface, port);
      into.unicast = !into.to.is_multicast() && !into.to.is_limited_broadcast();
      known = true;
    }
#endif
  }
  if (!known) into = DatagramDestination();
}

void write_source(const DatagramSource& source, DatagramControl& control, msghdr& header) noexcept {
#if defined(IP_PKTINFO)
  if (source.family == AF_INET) {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(source.interface);
    std::memcpy(&info.ipi_spec_dst, &source.address, sizeof info.ipi_spec_dst);
    return append(IPPROTO_IP, IP_PKTINFO, info, control, header);
  }
#endif
#if defined(IPV6_PKTINFO)
  if (source.family == AF_INET6) {
    in6_pktinfo info{};
    info.ipi6_addr = source.address;
    info.ipi6_ifindex = source.interface;
    return append(IPPROTO_IPV6, IPV6_PKTINFO, info, control, header);
  }
#endif
  header.msg_control = nullptr;
  header.msg_controllen = 0;
}

}  // namespace sluice
