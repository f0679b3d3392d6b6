// A socket address as a value: an IPv4 or IPv6 address with its port, or the path of a Unix socket.
//
// What it is: a sockaddr and its length, comparable and printable. A default-constructed Address is
// unspecified (AF_UNSPEC), like the peer of an unnamed Unix socket.
// Thread: a plain value.
// Source: POSIX.1-2017 <sys/socket.h>, <netinet/in.h>, <sys/un.h>; RFC 5952 for printing IPv6.
#ifndef SLUICE_REACTOR_BASE_ADDRESS_H
#define SLUICE_REACTOR_BASE_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "export.h"

namespace sluice {

class SLUICE_EXPORT Address {
 public:
  Address() noexcept;

  // The first `length` bytes of `address`, as accept() or recvfrom() filled them. set_size()
  // describes what other lengths mean.
  // REQUIRES: `address` points to min(length, capacity()) bytes.
  Address(const sockaddr* address, socklen_t length) noexcept;

  // Loopback and wildcard addresses. REQUIRES: `family` is AF_INET or AF_INET6.
  static Address loopback(int family, std::uint16_t port) noexcept;
  static Address any(int family, std::uint16_t port) noexcept;

  // A numeric address: "127.0.0.1", "::1", "fe80::1%eth0" (the zone is an interface's name, or its
  // number from 1 on, which need not exist yet). It never looks up a host name. Returns nothing
  // when `text` is not such an address; "127.1" and "127.0.0.01" are not.
  static std::optional<Address> from_ip(std::string_view text, std::uint16_t port);

  // A Unix socket's path. Returns nothing when it is empty, contains a NUL, is longer than kMaxPath
  // bytes, or starts with '@', which would print like an abstract name ("./@x" does not).
  static std::optional<Address> from_path(std::string_view path);
  static constexpr std::size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;

  // The address that a socket is bound to. Throws std::system_error (the errno of getsockname()).
  static Address local_of(int fd);

  [[nodiscard]] int family() const noexcept { return storage_.base.sa_family; }
  [[nodiscard]] bool is_ip() const noexcept;
  [[nodiscard]] bool is_unix() const noexcept { return family() == AF_UNIX; }
  // 0 unless is_ip().
  [[nodiscard]] std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;  // does nothing unless is_ip()
  // Empty unless is_unix(); also empty for an unnamed one. An abstract name starts with '@'.
  [[nodiscard]] std::string path() const;
  // 0 unless IPv6.
  [[nodiscard]] std::uint32_t scope_id() const noexcept;

  [[nodiscard]] bool is_unspecified() const noexcept;  // 0.0.0.0, ::, ::ffff:0.0.0.0, AF_UNSPEC
  [[nodiscard]] bool is_loopback() const noexcept;     // 127/8, ::1, ::ffff:127/8; Unix sockets
  [[nodiscard]] bool is_multicast() const noexcept;    // 224/4, ff00::/8, ::ffff:224/4
  [[nodiscard]] bool is_limited_broadcast() const noexcept;  // 255.255.255.255, also v4-mapped
  // ::ffff:a.b.c.d becomes a.b.c.d with the same port; any other address is returned unchanged.
  [[nodiscard]] Address unmapped() const noexcept;

  // "127.0.0.1:7007", "[fe80::1%eth0]:53", "/run/x.sock", "@abstract"; "(unnamed)" for a Unix
  // socket without a name and for AF_UNSPEC, "(family N)" for any other family. A path is printed
  // byte for byte: a caller that logs it must escape it.
  [[nodiscard]] std::string to_string() const;
  // The same without the port and brackets: "fe80::1%eth0".
  [[nodiscard]] std::string host() const;

  // For system calls. size() bytes are valid. A call may write capacity() bytes, and set_size()
  // says then how many it wrote.
  [[nodiscard]] const sockaddr* data() const noexcept { return &storage_.base; }
  [[nodiscard]] sockaddr* data() noexcept { return &storage_.base; }
  [[nodiscard]] socklen_t size() const noexcept { return size_; }
  static constexpr socklen_t capacity() noexcept { return sizeof(Storage); }
  // A size below the family's own makes the address unspecified. A larger one is reduced to the
  // family's own, because the kernel reports the full length even when it truncated the address.
  void set_size(socklen_t size) noexcept;

  // Equal when family, address, port, zone and path are equal; the flow label is ignored. The order
  // is by family, address, zone and port; Unix sockets are ordered by the bytes of their paths.
  friend SLUICE_EXPORT bool operator==(const Address& a, const Address& b) noexcept;
  friend SLUICE_EXPORT bool operator<(const Address& a, const Address& b) noexcept;
  // Keyed (keyed_hash.h): another one in each process, and no peer can choose collisions.
  [[nodiscard]] std::size_t hash() const noexcept;

 private:
  SLUICE_LOCAL static int compare(const Address& a, const Address& b) noexcept;
  // The name's bytes, an abstract one's with its leading NUL; a view into this address.
  [[nodiscard]] SLUICE_LOCAL std::string_view raw_path() const noexcept;

  union Storage {
    sockaddr base;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un un;
  };
  Storage storage_;
  socklen_t size_;
};

}  // namespace sluice

template <>
struct std::hash<sluice::Address> {
  std::size_t operator()(const sluice::Address& address) const noexcept { return address.hash(); }
};

#endif
