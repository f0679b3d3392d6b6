// A listening socket, as an Endpoint and ListenerOptions describe it. For Listener, and for an
// owner that accepts one connection at a time.
//
// Errors: throws std::system_error whose text names the call and the endpoint.
// Source: POSIX.1-2017 bind(), listen(), accept(); accept(2), socket(7), tcp(7), ipv6(7).
#ifndef SLUICE_REACTOR_STREAM_LISTEN_SOCKET_H
#define SLUICE_REACTOR_STREAM_LISTEN_SOCKET_H

#include <cerrno>

#include "../base/endpoint.h"
#include "../base/fd.h"
#include "listener_options.h"
#include "socket_file.h"

namespace sluice {

// Of the errors of accept():
// No descriptor or memory is left: accepting the next newcomer would fail too.
[[nodiscard]] inline bool out_of_resources(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Errors of one newcomer and, on Linux, pending errors of its network path. The next newcomer may
// be fine.
[[nodiscard]] inline bool newcomer_gone(int error) noexcept {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
#ifdef ENONET
    case ENONET:
#endif
      return true;
    default:
      return false;
  }
}

// What is left to do after accept(), where accept4() is missing: makes the newcomer non-blocking
// and close-on-exec, and sets the options that POSIX does not let it inherit. Throws
// std::system_error.
void prepare_newcomer(int newcomer, const Address& peer, const ListenerOptions& options);

class ListenSocket {
 public:
  ListenSocket(const Endpoint& endpoint, const ListenerOptions& options);
  // A socket that listens already. Throws EINVAL if it does not, or is not a stream socket.
  ListenSocket(Fd listening, const ListenerOptions& options);

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
  // Accepts one newcomer. Only accept4() makes it non-blocking and close-on-exec. If there is none,
  // returns an empty Fd, with the errno of accept().
  Fd accept(Address& peer) const noexcept;
  void close() noexcept;
  // close() removes the file of a Unix socket that this process has bound. Another process can take
  // that over, with the socket.
  void own_file() { file_.adopt(endpoint_.address()); }
  void leave_file() noexcept { file_.release(); }

 private:
  bool open_ip(int family, const Endpoint& endpoint, const ListenerOptions& options,
               bool may_fall_back);
  void set_inherited(const ListenerOptions& options) const;
  void open_unix(const Endpoint& endpoint, const ListenerOptions& options);
  void set(int level, int name, int value, const char* what) const;

  Fd fd_;
  Endpoint endpoint_;
  SocketFile file_;
};

}  // namespace sluice

#endif
