#include "sweep_outcome.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "../base/fd.h"
#include "../connect/connect_socket.h"

#if defined(__linux__) && !defined(SLUICE_PORTABLE)
#include <linux/errqueue.h>  // needs timespec, from <ctime>
#define SLUICE_SWEEP_LINUX 1
#endif

namespace sluice {
namespace {

bool lacks_zone(const Address& target) noexcept {
  if (target.family() != AF_INET6 || target.scope_id() != 0) return false;
  sockaddr_in6 v6;
  std::memcpy(&v6, target.data(), sizeof v6);
  return IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr);
}

}  // namespace

SweepOutcome outcome_of_connect(int error, const Address& target) noexcept {
  switch (error) {
    case 0:
    case EISCONN:
    // A reset answers a SYN with ECONNREFUSED. These two come after the connection was established:
    // the peer accepted it, and reset it before this socket was looked at.
    case ECONNRESET:
    case EPIPE:  // the peer had ended its side before
      return SweepOutcome::open;
    case EINPROGRESS:
    case EALREADY:
    case EINTR:  // POSIX: the attempt continues
      return SweepOutcome::under_way;
    case ECONNREFUSED:
      return SweepOutcome::closed;
    case ETIMEDOUT:
      return SweepOutcome::silent;
    case EACCES:       // ICMPv6: prohibited by a rule or a policy; or a local route
    case ENOPROTOOPT:  // ICMP: protocol unreachable
    case EPROTO:       // ICMP: parameter problem, such as an option that a router rejects
      return SweepOutcome::filtered;
    case EINVAL:  // a local blackhole route, which drops the packet as a router would
      return lacks_zone(target) ? SweepOutcome::failed : SweepOutcome::filtered;
    case ENETUNREACH:
    case EHOSTUNREACH:
#ifdef EHOSTDOWN
    case EHOSTDOWN:
#endif
#ifdef ENONET
    case ENONET:  // ICMP: source host isolated
#endif
    case EOPNOTSUPP:  // ICMP: source route failed
      return SweepOutcome::unreachable;
    case EADDRNOTAVAIL:
      return has_source(target) ? SweepOutcome::wait : SweepOutcome::failed;
    case EADDRINUSE:
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
    case ECONNABORTED:  // the administrator of this host aborted it
      return SweepOutcome::wait;
    default:
      return SweepOutcome::failed;
  }
}

SweepOutcome outcome_of_socket(int error) noexcept {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN:
    case EINTR:
    case EADDRINUSE:  // of bind(): no port is left, or the requested port is in use
      return SweepOutcome::wait;
    default:  // also EADDRNOTAVAIL of bind(): not an address of this host
      return SweepOutcome::failed;
  }
}

bool is_prohibition(unsigned type, unsigned code) noexcept {
  constexpr unsigned kDestinationUnreachable = 3;
  constexpr unsigned kNetProhibited = 9;
  constexpr unsigned kHostProhibited = 10;
  constexpr unsigned kAdministratively = 13;
  constexpr unsigned kPrecedenceViolation = 14;
  constexpr unsigned kPrecedenceCutoff = 15;
  if (type != kDestinationUnreachable) return false;
  return code == kNetProhibited || code == kHostProhibited || code == kAdministratively ||
         code == kPrecedenceViolation || code == kPrecedenceCutoff;
}

#ifdef SLUICE_SWEEP_LINUX

namespace {

// The ICMP message in one entry of the error queue, or nothing if it is not from ICMP.
std::optional<SweepIcmp> icmp_in(msghdr& message) noexcept {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    const bool v4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
    const bool v6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    sock_extended_err error;
    if (part->cmsg_len < CMSG_LEN(sizeof error)) continue;
    std::memcpy(&error, CMSG_DATA(part), sizeof error);
    if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
    return SweepIcmp{.error = static_cast<int>(error.ee_errno),
                     .prohibited = error.ee_origin == SO_EE_ORIGIN_ICMP &&
                                   is_prohibition(error.ee_type, error.ee_code)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<SweepIcmp> icmp_about(int fd, const Address& target) noexcept {
  // One attempt causes one message, seldom two. If a router floods us, close() drops the rest.
  constexpr int kMaxEntries = 16;
  std::optional<SweepIcmp> found;
  for (int i = 0; i < kMaxEntries; ++i) {
    alignas(cmsghdr) char control[256];
    Address about;
    msghdr message{};
    message.msg_name = about.data();
    message.msg_namelen = Address::capacity();
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    about.set_size(message.msg_namelen);
    // A socket that was refused before may still have messages about earlier targets in its queue.
    const auto said = icmp_in(message);
    if (said && about == target) found = said;
  }
  return found;
}

#else

std::optional<SweepIcmp> icmp_about(int /*fd*/, const Address& /*target*/) noexcept {
  return std::nullopt;
}

#endif

bool has_source(const Address& target) noexcept {
  // Connecting a datagram socket sends nothing, and chooses the source address as TCP does. If no
  // port is left, it fails with EAGAIN.
  const Fd datagram(::socket(target.family(), SOCK_DGRAM, 0));
  if (!datagram) return true;
  return ::connect(datagram.get(), target.data(), target.size()) == 0 || errno != EADDRNOTAVAIL;
}

bool refused_socket_connects_again() noexcept {
#ifdef SLUICE_SWEEP_LINUX
  Address port = Address::loopback(AF_INET, 0);
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener || ::bind(listener.get(), port.data(), port.size()) != 0) return false;
  socklen_t size = Address::capacity();
  if (::getsockname(listener.get(), port.data(), &size) != 0) return false;
  Fd socket;
  if (open_connect_socket(socket, port, ConnectFrom{}) != 0) return false;
  const auto connect_says = [&] {
    int error = ::connect(socket.get(), port.data(), port.size()) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      error = ::connect(socket.get(), port.data(), port.size()) == 0 ? 0 : errno;
    }
    return error;
  };
  // The port is bound but does not listen yet, so the first two attempts must be refused.
  if (connect_says() != ECONNREFUSED || connect_says() != ECONNREFUSED) return false;
  if (::listen(listener.get(), 1) != 0 || connect_says() != 0) return false;
  reset_on_close(socket.get());
  return true;
#else
  return false;
#endif
}

}  // namespace sluice
