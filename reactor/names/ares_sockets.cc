#include "ares_sockets.h"

#include <ares.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

#include "../base/fd.h"

namespace sluice {
namespace {

ares_socket_t open_socket(int family, int type, int protocol, void* /*budget*/) noexcept {
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

int close_socket(ares_socket_t fd, void* /*budget*/) noexcept { return ::close(fd); }

int connect_socket(ares_socket_t fd, const sockaddr* to, ares_socklen_t size,
                   void* /*budget*/) noexcept {
  if (::connect(fd, to, size) == 0) return 0;
  // No port is left. c-ares would interpret EAGAIN as "in progress", and write to a socket that is
  // not connected, try after try.
  if (errno == EAGAIN) errno = EADDRNOTAVAIL;
  return -1;
}

ares_ssize_t receive(ares_socket_t fd, void* data, std::size_t size, int flags, sockaddr* from,
                     ares_socklen_t* from_size, void* budget) noexcept {
  if (--static_cast<ReadBudget*>(budget)->left < 0) {
    errno = EAGAIN;  // the descriptor stays readable, so the next turn continues
    return -1;
  }
  return ::recvfrom(fd, data, size, flags, from, from_size);
}

ares_ssize_t send_parts(ares_socket_t fd, const iovec* parts, int count,
                        void* /*budget*/) noexcept {
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

void use_own_calls(ares_channeldata* channel, ReadBudget& budget) noexcept {
  static const ares_socket_functions calls = {&open_socket, &close_socket, &connect_socket,
                                              &receive, &send_parts};
  ares_set_socket_functions(channel, &calls, &budget);
}

}  // namespace sluice
