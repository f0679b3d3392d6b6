#include "connect_socket.h"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace sluice {
namespace {

int bind_to_device(int fd, const std::string& device) noexcept {
#ifdef SO_BINDTODEVICE
  // The kernel would silently truncate a longer name, and use another interface.
  if (device.size() >= IFNAMSIZ) return ENODEV;
  const auto size = static_cast<socklen_t>(device.size());
  return ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device.data(), size) == 0 ? 0 : errno;
#else
  (void)fd;
  (void)device;
  return ENOTSUP;
#endif
}

int bind_to_address(int fd, const Address& from, const Address& to) noexcept {
  if (from.family() != to.family()) return EAFNOSUPPORT;
  const int on = 1;
  if (from.port() != 0) {
    // Otherwise two attempts of a race could not share the port, nor could an attempt reuse it
    // while an earlier connection is in TIME_WAIT.
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
#ifdef IP_BIND_ADDRESS_NO_PORT
  if (from.is_ip() && from.port() == 0) {
    // With this option connect() chooses the port, and may use one port for connections to
    // different peers. Without it bind() takes a port for each. If setsockopt() fails, ports only
    // run out sooner.
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  }
#endif
  return ::bind(fd, from.data(), from.size()) == 0 ? 0 : errno;
}

int make_socket(int family) noexcept {
#if defined(SOCK_NONBLOCK) && !defined(SLUICE_PORTABLE)
  return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
#else
  return ::socket(family, SOCK_STREAM, 0);
#endif
}

}  // namespace

int open_connect_socket(Fd& socket, const Address& to, const ConnectFrom& from, const char** call) {
  const char* ignored = nullptr;
  const char*& failed = call != nullptr ? *call : ignored;
  failed = "socket";
  socket.reset(make_socket(to.family()));
  if (!socket) return errno;
  int error = 0;
#if !defined(SOCK_NONBLOCK) || defined(SLUICE_PORTABLE)
  try {
    set_nonblocking_cloexec(socket.get());
  } catch (const std::system_error& failure) {
    error = failure.code().value();
  }
#endif
  if (to.is_ip()) {
    const int on = 1;
    // This does not fail on a working socket, and would cost only speed.
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (error == 0 && to.is_ip() && !from.device.empty()) {
    failed = "setsockopt";
    error = bind_to_device(socket.get(), from.device);
  }
  if (error == 0 && from.address) {
    failed = "bind";
    error = bind_to_address(socket.get(), *from.address, to);
  }
  if (error != 0) socket.reset();
  return error;
}

int pending_error(int fd) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

bool is_connected(int fd) noexcept {
  Address peer;
  socklen_t size = Address::capacity();
  return ::getpeername(fd, peer.data(), &size) == 0;
}

bool is_connected_to_itself(int fd, const Address& peer) noexcept {
  if (!peer.is_ip()) return false;
  Address local;
  socklen_t size = Address::capacity();
  if (::getsockname(fd, local.data(), &size) != 0) return false;
  local.set_size(size);
  if (local.port() != peer.port()) return false;
  // The kernel may have changed the address that the caller passed: 0.0.0.0, or ::1 with a zone. So
  // compare both ends as the kernel reports them.
  Address remote;
  size = Address::capacity();
  if (::getpeername(fd, remote.data(), &size) != 0) return false;
  remote.set_size(size);
  return local == remote;
}

}  // namespace sluice
