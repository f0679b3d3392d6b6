#include "listen_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cassert>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "../base/inherited_socket.h"
#include "../base/named_call.h"

namespace sluice {

namespace {

Fd stream_socket(int family) noexcept {
#if defined(__linux__) && !defined(SLUICE_PORTABLE)
  return Fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
#else
  return Fd(::socket(family, SOCK_STREAM, 0));
#endif
}

void listen_on(int fd, int backlog, const std::string& name) {
  if (::listen(fd, backlog > 0 ? backlog : SOMAXCONN) != 0) fail_call(errno, "listen " + name);
}

}  // namespace

ListenSocket::ListenSocket(const Endpoint& endpoint, const ListenerOptions& options)
    : endpoint_(endpoint) {
  assert(endpoint.scheme() != Scheme::udp);
  if (endpoint.scheme() == Scheme::unix_stream) {
    open_unix(endpoint, options);
  } else if (!endpoint.any_family()) {
    open_ip(endpoint.address().family(), endpoint, options, false);
  } else if (!open_ip(AF_INET6, endpoint, options, true)) {
    open_ip(AF_INET, endpoint, options, false);
  }
}

ListenSocket::ListenSocket(Fd listening, const ListenerOptions& options)
    : fd_(std::move(listening)), endpoint_(Scheme::tcp, Address()) {
  endpoint_ = listening_endpoint(fd_.get());
  named_call("fcntl", endpoint_.to_string(), [this] { set_nonblocking_cloexec(fd_.get()); });
  if (endpoint_.scheme() == Scheme::tcp) set_inherited(options);
}

void ListenSocket::set(int level, int name, int value, const char* what) const {
  if (::setsockopt(fd_.get(), level, name, &value, sizeof value) == 0) return;
  fail_call(errno, "setsockopt(" + std::string(what) + ") " + endpoint_.to_string());
}

// Returns false if `may_fall_back` and the host does not have the family.
bool ListenSocket::open_ip(int family, const Endpoint& endpoint, const ListenerOptions& options,
                           bool may_fall_back) {
  const std::string name = endpoint.to_string();
  fd_ = stream_socket(family);
  if (!fd_) {
    if (may_fall_back && errno == EAFNOSUPPORT) return false;
    fail_call(errno, "socket " + name);
  }
  named_call("fcntl", name, [this] { set_nonblocking_cloexec(fd_.get()); });
  set(SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  if (options.reuse_port) set(SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
  // Set it always, because the system's default can be changed.
  if (family == AF_INET6) {
    set(IPPROTO_IPV6, IPV6_V6ONLY, endpoint.any_family() ? 0 : 1, "IPV6_V6ONLY");
  }
  set_inherited(options);
  Address address = endpoint.address();
  if (endpoint.any_family()) address = Address::any(family, address.port());
  if (::bind(fd_.get(), address.data(), address.size()) != 0) {
    if (may_fall_back && errno == EADDRNOTAVAIL) return false;  // IPv6 is disabled
    fail_call(errno, "bind " + name);
  }
  listen_on(fd_.get(), options.backlog, name);
  endpoint_ = endpoint.with_address(
      named_call("getsockname", name, [this] { return Address::local_of(fd_.get()); }));
  return true;
}

// Connections inherit these from the listening socket, which saves two system calls for each.
void ListenSocket::set_inherited(const ListenerOptions& options) const {
  set(IPPROTO_TCP, TCP_NODELAY, options.no_delay ? 1 : 0, "TCP_NODELAY");
  set(SOL_SOCKET, SO_KEEPALIVE, options.keep_alive ? 1 : 0, "SO_KEEPALIVE");
}

void ListenSocket::open_unix(const Endpoint& endpoint, const ListenerOptions& options) {
  fd_ = stream_socket(AF_UNIX);
  const std::string name = endpoint.to_string();
  if (!fd_) fail_call(errno, "socket " + name);
  named_call("fcntl", name, [this] { set_nonblocking_cloexec(fd_.get()); });
  file_.bind(fd_.get(), endpoint.address(), options.mode);
  listen_on(fd_.get(), options.backlog, name);
}

Fd ListenSocket::accept(Address& peer) const noexcept {
  socklen_t size = Address::capacity();
#if defined(__linux__) && !defined(SLUICE_PORTABLE)
  Fd newcomer(::accept4(fd_.get(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
#else
  Fd newcomer(::accept(fd_.get(), peer.data(), &size));
#endif
  if (newcomer) {
    peer.set_size(size < Address::capacity() ? size : Address::capacity());
    peer = peer.unmapped();
  }
  return newcomer;
}

#if defined(__linux__) && !defined(SLUICE_PORTABLE)
void prepare_newcomer(int /*newcomer*/, const Address& /*peer*/,
                      const ListenerOptions& /*options*/) {}
#else
void prepare_newcomer(int newcomer, const Address& peer, const ListenerOptions& options) {
  set_nonblocking_cloexec(newcomer);
  const int on = 1;
  if (options.no_delay && peer.is_ip()) {
    ::setsockopt(newcomer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (options.keep_alive && peer.is_ip()) {
    ::setsockopt(newcomer, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
}
#endif

void ListenSocket::close() noexcept {
  file_.remove();
  fd_.reset();
}

}  // namespace sluice
