#include "datagram_open.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "../base/inherited_socket.h"
#include "../base/named_call.h"
#include "datagram_destination.h"

namespace sluice {

namespace {

Fd datagram_socket(int family) noexcept {
#if defined(__linux__) && !defined(SLUICE_PORTABLE)
  return Fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
#else
  return Fd(::socket(family, SOCK_DGRAM, 0));
#endif
}

// A socket that is being opened, and the name of its endpoint for errors.
class Opening {
 public:
  explicit Opening(const Endpoint& endpoint) : name_(endpoint.to_string()) {}
  // On a socket that somebody else has opened.
  Opening(const Endpoint& endpoint, Fd fd) : name_(endpoint.to_string()), fd_(std::move(fd)) {
    named_call("fcntl", name_, [this] { set_nonblocking_cloexec(fd_.get()); });
  }

  // Returns false if the host does not have the family.
  bool socket(int family) {
    fd_ = datagram_socket(family);
    if (!fd_ && errno == EAFNOSUPPORT) return false;
    check(fd_.get(), "socket");
    named_call("fcntl", name_, [this] { set_nonblocking_cloexec(fd_.get()); });
    return true;
  }

  void set(int level, int option, int value, const char* what) const {
    check(::setsockopt(fd_.get(), level, option, &value, sizeof value), what);
  }

  void set(const DatagramOptions& options) const {
    if (options.reuse_address) set(SOL_SOCKET, SO_REUSEADDR, 1, "setsockopt(SO_REUSEADDR)");
    if (options.reuse_port) set(SOL_SOCKET, SO_REUSEPORT, 1, "setsockopt(SO_REUSEPORT)");
    set_after_bind(options);
  }
  void set_after_bind(const DatagramOptions& options) const {
    if (options.broadcast) set(SOL_SOCKET, SO_BROADCAST, 1, "setsockopt(SO_BROADCAST)");
    if (options.receive_buffer != 0) {
      set(SOL_SOCKET, SO_RCVBUF, options.receive_buffer, "setsockopt(SO_RCVBUF)");
    }
    if (options.send_buffer != 0) {
      set(SOL_SOCKET, SO_SNDBUF, options.send_buffer, "setsockopt(SO_SNDBUF)");
    }
  }

  void check(int result, const char* call) const {
    if (result < 0) fail_call(errno, call + (" " + name_));
  }

  [[nodiscard]] Address bound() const {
    return named_call("getsockname", name_, [this] { return Address::local_of(fd_.get()); });
  }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] Fd take() noexcept { return std::move(fd_); }

 private:
  std::string name_;
  Fd fd_;
};

// By default, Linux delivers the datagrams of every group that any socket of the host has joined.
// Other systems do not, and have no such option.
void receive_only_joined_groups(int fd, int family) noexcept {
  const int off = 0;
#if defined(IPV6_MULTICAST_ALL)
  if (family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off, sizeof off);
#endif
#if defined(IP_MULTICAST_ALL)
  ::setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
#endif
  static_cast<void>(off);
  static_cast<void>(fd);
  static_cast<void>(family);
}

OpenDatagram finish(Opening& opening, const Endpoint& local, const Address& peer) {
  const Address bound = opening.bound();
  return {.fd = opening.take(),
          .family = bound.family(),
          .local = local.with_address(bound),
          .peer = peer};
}

bool try_both_families(Opening& opening, std::uint16_t port, const DatagramOptions& options) {
  if (!opening.socket(AF_INET6)) return false;
  const int off = 0;
  // Some systems do not support both families on one socket.
  if (::setsockopt(opening.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) return false;
  opening.set(options);
  const Address any = Address::any(AF_INET6, port);
  const int result = ::bind(opening.fd(), any.data(), any.size());
  if (result != 0 && errno == EADDRNOTAVAIL) return false;  // IPv6 is disabled
  opening.check(result, "bind");
  return true;
}

OpenDatagram finish_bound(Opening& opening, const Endpoint& local, bool dual,
                          const DatagramOptions& options) {
  OpenDatagram result = finish(opening, local, Address());
  result.dual = dual;
  result.wildcard = result.local.address().is_unspecified();
  receive_only_joined_groups(result.fd.get(), result.family);
  if (result.wildcard && options.want_destination) {
    request_destinations(result.fd.get(), result.family);
    result.destinations = true;
  }
  return result;
}

OpenDatagram adopt_bound(Fd bound, const DatagramOptions& options) {
  const Endpoint local = datagram_endpoint(bound.get());
  Opening opening(local, std::move(bound));
  opening.set_after_bind(options);
  return finish_bound(opening, local, local.any_family(), options);
}

OpenDatagram bind_to(const Endpoint& local, const DatagramOptions& options) {
  assert(local.scheme() == Scheme::udp);
  Opening opening(local);
  const std::uint16_t port = local.address().port();
  const bool dual = local.any_family() && try_both_families(opening, port, options);
  if (!dual) {
    const Address address =
        local.any_family() ? Address::any(AF_INET, port) : local.address().unmapped();
    if (!opening.socket(address.family())) opening.check(-1, "socket");
    // Set it always, because the system's default can be changed.
    if (address.family() == AF_INET6) {
      opening.set(IPPROTO_IPV6, IPV6_V6ONLY, 1, "setsockopt(IPV6_V6ONLY)");
    }
    opening.set(options);
    opening.check(::bind(opening.fd(), address.data(), address.size()), "bind");
  }
  return finish_bound(opening, local, dual, options);
}

}  // namespace

OpenDatagram open_bound(DatagramBinding local, const DatagramOptions& options) {
  if (Fd* const bound = std::get_if<Fd>(&local)) return adopt_bound(std::move(*bound), options);
  return bind_to(std::get<Endpoint>(local), options);
}

OpenDatagram open_connected(const Endpoint& peer, const DatagramOptions& options) {
  assert(peer.scheme() == Scheme::udp);
  Opening opening(peer);
  const Address address = peer.address().unmapped();
  if (!opening.socket(address.family())) opening.check(-1, "socket");
  opening.set(options);
  opening.check(::connect(opening.fd(), address.data(), address.size()), "connect");
  return finish(opening, Endpoint(Scheme::udp, Address()), address);
}

Address mapped(const Address& address) noexcept {
  if (address.family() != AF_INET) return address;
  sockaddr_in v4;
  std::memcpy(&v4, address.data(), sizeof v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = v4.sin_port;
  v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xff;
  std::memcpy(&v6.sin6_addr.s6_addr[12], &v4.sin_addr, sizeof v4.sin_addr);
  return {reinterpret_cast<const sockaddr*>(&v6), sizeof v6};
}

int receive_buffer_of(const OpenDatagram& socket) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(socket.fd.get(), SOL_SOCKET, SO_RCVBUF, &value, &size) != 0) {
    fail_call(errno, "getsockopt(SO_RCVBUF) " + socket.local.to_string());
  }
  return value;
}

void change_membership(const OpenDatagram& socket, Membership change, const Address& group,
                       std::string_view interface) {
  const Address address = group.unmapped();
  std::string what = change == Membership::join ? "join " : "leave ";
  what += address.host();
  if (!interface.empty()) what.append(" on ").append(interface);
  if (address.family() != socket.family && !(address.family() == AF_INET && socket.dual)) {
    fail_call(EAFNOSUPPORT, what);
  }
#if defined(MCAST_JOIN_GROUP) && defined(MCAST_LEAVE_GROUP)
  group_req request{};
  request.gr_interface = address.scope_id();
  if (!interface.empty()) {
    request.gr_interface = ::if_nametoindex(std::string(interface).c_str());
    // if_nametoindex() fails with ENXIO in POSIX, and with ENODEV on Linux.
    if (request.gr_interface == 0) fail_call(ENODEV, what);
  }
  std::memcpy(&request.gr_group, address.data(), address.size());
  const int level = address.family() == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
  const int option = change == Membership::join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP;
  const int result = ::setsockopt(socket.fd.get(), level, option, &request, sizeof request);
  if (result != 0) fail_call(errno, what);
#else
  fail_call(ENOTSUP, what);
#endif
}

}  // namespace sluice
