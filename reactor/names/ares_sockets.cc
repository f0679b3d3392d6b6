#include "ares_sockets.h"

#include <ares.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

#include "../base/fd.h"
#include "dns_reader.h"

namespace sluice {
namespace {

// c-ares asks the next server after these: SERVFAIL, NOTIMP and REFUSED.
constexpr bool is_failure(unsigned rcode) { return rcode == 2 || rcode == 4 || rcode == 5; }

ares_socket_t open_socket(int family, int type, int protocol, void* /*reads*/) noexcept {
#if defined(SOCK_NONBLOCK) && !defined(SLUICE_PORTABLE)
  return ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
#else
  Fd fd(::socket(family, type, protocol));
  try {
    if (fd) set_nonblocking_cloexec(fd.get());
  } catch (const std::system_error&) {
    return ARES_SOCKET_BAD;
  }
  return fd.release();
#endif
}

int close_socket(ares_socket_t fd, void* /*reads*/) noexcept { return ::close(fd); }

int connect_socket(ares_socket_t fd, const sockaddr* to, ares_socklen_t size,
                   void* /*reads*/) noexcept {
  if (::connect(fd, to, size) == 0) return 0;
  // No port is left. c-ares would interpret EAGAIN as "in progress", and write to a socket that is
  // not connected, try after try.
  if (errno == EAGAIN) errno = EADDRNOTAVAIL;
  return -1;
}

ares_ssize_t receive(ares_socket_t fd, void* data, std::size_t size, int flags, sockaddr* from,
                     ares_socklen_t* from_size, void* argument) noexcept {
  auto& reads = *static_cast<AresReads*>(argument);
  if (--reads.left < 0) {
    errno = EAGAIN;  // the descriptor stays readable, so the next turn continues
    return -1;
  }
  const ssize_t count = ::recvfrom(fd, data, size, flags, from, from_size);
  const bool is_datagram = from != nullptr;  // a piece of a stream may begin anywhere
  if (is_datagram && count >= static_cast<ssize_t>(DnsLimits::kHeader)) {
    const unsigned rcode = dns_rcode({static_cast<const unsigned char*>(data), DnsLimits::kHeader});
    if (is_failure(rcode)) reads.rcode = rcode;
  }
  return count;
}

ares_ssize_t send_parts(ares_socket_t fd, const iovec* parts, int count, void* /*reads*/) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);
  const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  if (sent >= 0 || errno != ECONNREFUSED) return sent;
  // The error belonged to an earlier datagram, and sendmsg() has cleared it by reporting it. Send
  // this datagram again. If no process listens for it either, a later read reports that error.
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

void use_own_calls(ares_channeldata* channel, AresReads& reads) noexcept {
  static const ares_socket_functions calls = {&open_socket, &close_socket, &connect_socket,
                                              &receive, &send_parts};
  ares_set_socket_functions(channel, &calls, &reads);
}

}  // namespace sluice
