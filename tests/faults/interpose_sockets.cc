// The socket calls. Each fails before it does anything, so that what it was to do is still there to
// be done; connect() alone may have begun.
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>

#include "interpose.h"

using sluice::faults::attempt;
using sluice::faults::attempt_short;
using sluice::faults::Call;
using sluice::faults::Verdict;

namespace {

// Of a datagram the rest would be lost, and half of one is another one.
bool is_stream(int fd) {
  if (!sluice::faults::counts_here()) return false;
  SLUICE_REAL(getsockopt);
  int type = 0;
  socklen_t size = sizeof type;
  const int saved = errno;
  const int result = real(fd, SOL_SOCKET, SO_TYPE, &type, &size);
  errno = saved;
  return result == 0 && type == SOCK_STREAM;
}

// False where that is not to be had: a Unix socket stays connected.
bool disconnect(int fd) {
  SLUICE_REAL(connect);
  const sockaddr nowhere{};  // AF_UNSPEC
  return real(fd, &nowhere, sizeof nowhere) == 0;
}

std::size_t one_of(std::size_t count) { return std::min<std::size_t>(count, 1); }

ssize_t receive(int fd, void* data, std::size_t size, int flags, const void* caller) {
  SLUICE_REAL(recv);
  return attempt_short<ssize_t>(Call::recv, fd, caller, is_stream(fd), [&](bool less) {
    return real(fd, data, less ? one_of(size) : size, flags);
  });
}

ssize_t receive_from(int fd, void* data, std::size_t size, int flags, sockaddr* address,
                     socklen_t* length, const void* caller) {
  SLUICE_REAL(recvfrom);
  return attempt_short<ssize_t>(Call::recv, fd, caller, is_stream(fd), [&](bool less) {
    return real(fd, data, less ? one_of(size) : size, flags, address, length);
  });
}

}  // namespace

SLUICE_FAULTS_FUNCTION int socket(int domain, int type, int protocol) noexcept {
  SLUICE_REAL(socket);
  return attempt(Call::socket, -1, SLUICE_CALLER, [&] { return real(domain, type, protocol); });
}

SLUICE_FAULTS_FUNCTION int socketpair(int domain, int type, int protocol, int* ends) noexcept {
  SLUICE_REAL(socketpair);
  return attempt(Call::socketpair, -1, SLUICE_CALLER,
                 [&] { return real(domain, type, protocol, ends); });
}

SLUICE_FAULTS_FUNCTION int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
  SLUICE_REAL(bind);
  return attempt(Call::bind, fd, SLUICE_CALLER, [&] { return real(fd, address, size); });
}

SLUICE_FAULTS_FUNCTION int listen(int fd, int backlog) noexcept {
  SLUICE_REAL(listen);
  return attempt(Call::listen, fd, SLUICE_CALLER, [&] { return real(fd, backlog); });
}

SLUICE_FAULTS_FUNCTION int accept(int fd, sockaddr* address, socklen_t* size) {
  SLUICE_REAL(accept);
  return attempt(Call::accept, fd, SLUICE_CALLER, [&] { return real(fd, address, size); });
}

SLUICE_FAULTS_FUNCTION int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  SLUICE_REAL(accept4);
  return attempt(Call::accept, fd, SLUICE_CALLER, [&] { return real(fd, address, size, flags); });
}

SLUICE_FAULTS_FUNCTION int connect(int fd, const sockaddr* address, socklen_t size) {
  SLUICE_REAL(connect);
  const Verdict verdict = judge(Call::connect, fd, SLUICE_CALLER);
  if (!verdict.fails()) return real(fd, address, size);
  // These say that it goes on by itself, so it must; and those that it is over.
  if (verdict.error == EINTR || verdict.error == EINPROGRESS || verdict.error == EALREADY) {
    if (real(fd, address, size) != 0 && errno != EINPROGRESS && errno != EALREADY) return -1;
  } else if (is_stream(fd) && (verdict.error == ECONNREFUSED || verdict.error == ECONNRESET ||
                               verdict.error == ETIMEDOUT)) {
    disconnect(fd);
  }
  errno = verdict.error;
  return -1;
}

SLUICE_FAULTS_FUNCTION ssize_t recv(int fd, void* data, std::size_t size, int flags) {
  return receive(fd, data, size, flags, SLUICE_CALLER);
}

// What _FORTIFY_SOURCE makes of recv() and recvfrom().
// NOLINTNEXTLINE(bugprone-reserved-identifier)
SLUICE_FAULTS_FUNCTION ssize_t __recv_chk(int fd, void* data, std::size_t size,
                                          std::size_t /*room*/, int flags) {
  return receive(fd, data, size, flags, SLUICE_CALLER);
}

SLUICE_FAULTS_FUNCTION ssize_t recvfrom(int fd, void* data, std::size_t size, int flags,
                                        sockaddr* address, socklen_t* length) {
  return receive_from(fd, data, size, flags, address, length, SLUICE_CALLER);
}

// NOLINTNEXTLINE(bugprone-reserved-identifier)
SLUICE_FAULTS_FUNCTION ssize_t __recvfrom_chk(int fd, void* data, std::size_t size,
                                              std::size_t /*room*/, int flags, sockaddr* address,
                                              socklen_t* length) {
  return receive_from(fd, data, size, flags, address, length, SLUICE_CALLER);
}

SLUICE_FAULTS_FUNCTION ssize_t recvmsg(int fd, msghdr* message, int flags) {
  SLUICE_REAL(recvmsg);
  return attempt_short<ssize_t>(Call::recvmsg, fd, SLUICE_CALLER, false,
                                [&](bool) { return real(fd, message, flags); });
}

SLUICE_FAULTS_FUNCTION int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags,
                                    timespec* timeout) {
  SLUICE_REAL(recvmmsg);
  return attempt_short<int>(Call::recvmmsg, fd, SLUICE_CALLER, true, [&](bool less) {
    return real(fd, messages, less ? 1 : count, flags, timeout);
  });
}

SLUICE_FAULTS_FUNCTION ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  SLUICE_REAL(send);
  return attempt_short<ssize_t>(Call::send, fd, SLUICE_CALLER, is_stream(fd), [&](bool less) {
    return real(fd, data, less ? one_of(size) : size, flags);
  });
}

SLUICE_FAULTS_FUNCTION ssize_t sendto(int fd, const void* data, std::size_t size, int flags,
                                      const sockaddr* address, socklen_t length) {
  SLUICE_REAL(sendto);
  return attempt_short<ssize_t>(Call::send, fd, SLUICE_CALLER, is_stream(fd), [&](bool less) {
    return real(fd, data, less ? one_of(size) : size, flags, address, length);
  });
}

SLUICE_FAULTS_FUNCTION ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  SLUICE_REAL(sendmsg);
  const bool divisible = is_stream(fd) && message->msg_iovlen > 0;
  return attempt_short<ssize_t>(Call::sendmsg, fd, SLUICE_CALLER, divisible, [&](bool less) {
    if (!less) return real(fd, message, flags);
    iovec first = message->msg_iov[0];
    first.iov_len = one_of(first.iov_len);
    msghdr part = *message;
    part.msg_iov = &first;
    part.msg_iovlen = 1;
    return real(fd, &part, flags);
  });
}

SLUICE_FAULTS_FUNCTION int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  SLUICE_REAL(sendmmsg);
  return attempt_short<int>(Call::sendmmsg, fd, SLUICE_CALLER, true,
                            [&](bool less) { return real(fd, messages, less ? 1 : count, flags); });
}

SLUICE_FAULTS_FUNCTION ssize_t sendfile(int fd, int file, off_t* offset,
                                        std::size_t size) noexcept {
  SLUICE_REAL(sendfile);
  return attempt_short<ssize_t>(Call::sendfile, fd, SLUICE_CALLER, true, [&](bool less) {
    return real(fd, file, offset, less ? one_of(size) : size);
  });
}

SLUICE_FAULTS_FUNCTION int setsockopt(int fd, int level, int name, const void* value,
                                      socklen_t size) noexcept {
  SLUICE_REAL(setsockopt);
  return attempt(Call::setsockopt, fd, SLUICE_CALLER,
                 [&] { return real(fd, level, name, value, size); });
}

SLUICE_FAULTS_FUNCTION int getsockopt(int fd, int level, int name, void* value,
                                      socklen_t* size) noexcept {
  SLUICE_REAL(getsockopt);
  return attempt(Call::getsockopt, fd, SLUICE_CALLER,
                 [&] { return real(fd, level, name, value, size); });
}

SLUICE_FAULTS_FUNCTION int getsockname(int fd, sockaddr* address, socklen_t* size) noexcept {
  SLUICE_REAL(getsockname);
  return attempt(Call::getsockname, fd, SLUICE_CALLER, [&] { return real(fd, address, size); });
}

SLUICE_FAULTS_FUNCTION int getpeername(int fd, sockaddr* address, socklen_t* size) noexcept {
  SLUICE_REAL(getpeername);
  return attempt(Call::getpeername, fd, SLUICE_CALLER, [&] { return real(fd, address, size); });
}

SLUICE_FAULTS_FUNCTION int shutdown(int fd, int how) noexcept {
  SLUICE_REAL(shutdown);
  const Verdict verdict = judge(Call::shutdown, fd, SLUICE_CALLER);
  if (!verdict.fails()) return real(fd, how);
  // A stream is not connected any more when its peer has reset it, and the next read says so.
  if (verdict.error == ENOTCONN && !disconnect(fd)) real(fd, SHUT_RDWR);
  errno = verdict.error;
  return -1;
}
