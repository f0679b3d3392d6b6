#include "inherited_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace sluice {

namespace {

[[noreturn]] void fail(int error, int fd, std::string_view what) {
  throw std::system_error(error, std::generic_category(),
                          "descriptor " + std::to_string(fd) + std::string(what));
}

int option_of(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, level, name, &value, &size) == 0) return value;
  fail(errno, fd, errno == ENOTSOCK ? " is not a socket" : "");
}

bool has_both_families(int fd, const Address& local) {
  return local.family() == AF_INET6 && local.is_unspecified() &&
         option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0;
}

bool is_connected(int fd) noexcept {
  Address peer;
  socklen_t size = Address::capacity();
  return ::getpeername(fd, peer.data(), &size) == 0;
}

// Ping sockets are datagram sockets too.
bool is_udp(int fd, const Address& local) {
  if (!local.is_ip() || option_of(fd, SOL_SOCKET, SO_TYPE) != SOCK_DGRAM) return false;
#if defined(SO_PROTOCOL)
  return option_of(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_UDP;
#else
  return true;
#endif
}

}  // namespace

Endpoint listening_endpoint(int fd) {
  const bool is_stream = option_of(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM;
  if (!is_stream) fail(EINVAL, fd, " is not a stream socket");
  if (option_of(fd, SOL_SOCKET, SO_ACCEPTCONN) == 0) fail(EINVAL, fd, " does not listen");
  const Address local = Address::local_of(fd);
  if (local.is_unix()) return {Scheme::unix_stream, local};
  if (!local.is_ip()) fail(EINVAL, fd, " is neither an IP nor a Unix socket");
  if (has_both_families(fd, local)) return Endpoint::wildcard(Scheme::tcp, local.port());
  return {Scheme::tcp, local};
}

Endpoint datagram_endpoint(int fd) {
  (void)option_of(fd, SOL_SOCKET, SO_TYPE);  // is a socket
  const Address local = Address::local_of(fd);
  if (!is_udp(fd, local)) fail(EINVAL, fd, " is not a UDP socket");
  if (is_connected(fd)) fail(EISCONN, fd, " is connected to a peer");
  if (local.port() == 0) fail(EINVAL, fd, " is not bound to a port");
  if (has_both_families(fd, local)) return Endpoint::wildcard(Scheme::udp, local.port());
  return {Scheme::udp, local};
}

Endpoint inherited_endpoint(int fd) {
  const int type = option_of(fd, SOL_SOCKET, SO_TYPE);
  if (type == SOCK_STREAM) return listening_endpoint(fd);
  if (type == SOCK_DGRAM) return datagram_endpoint(fd);
  fail(EINVAL, fd, " is neither a stream nor a UDP socket");
}

}  // namespace sluice
