// Where a service is reached: a scheme and an address, written as one word.
//
//   tcp://127.0.0.1:7007   udp://[::1]:53   tcp://[fe80::1%eth0]:80
//   unix:///run/x.sock     tcp://*:0
//
// What it is: a value. "*" means every address of both families: one IPv6 socket that also takes
// IPv4 where the host has IPv6, else an IPv4 one; it needs no other word for v4-mapped addresses,
// since "[::]" means IPv6 alone and "0.0.0.0" IPv4 alone. "unix://" is a stream socket; what
// follows is its path, absolute or relative. Schemes are lower case; nothing follows the port.
// Errors: parse() returns what was wrong, in words that name the part, what was read and what is
// allowed: `port 99999 is not in 0-65535`. What was read is cut to
// 160 bytes and its control characters are escaped, so that it can stand in a log line.
// Thread: a plain value.
#ifndef SLUICE_REACTOR_BASE_ENDPOINT_H
#define SLUICE_REACTOR_BASE_ENDPOINT_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "address.h"
#include "export.h"

namespace sluice {

enum class Scheme { tcp, udp, unix_stream };

// "tcp", "udp", "unix".
SLUICE_EXPORT std::string_view to_string(Scheme scheme) noexcept;

struct SLUICE_EXPORT EndpointError {
  std::string message;
};

class SLUICE_EXPORT Endpoint {
 public:
  // REQUIRES: an IP address for tcp and udp, a Unix socket's for unix_stream; an unspecified
  // Address() stands for one that is not known.
  Endpoint(Scheme scheme, const Address& address) noexcept;
  // tcp://*:PORT or udp://*:PORT. REQUIRES: `scheme` is tcp or udp.
  static Endpoint wildcard(Scheme scheme, std::uint16_t port) noexcept;

  static std::variant<Endpoint, EndpointError> parse(std::string_view text);
  // The same for text that a program holds itself. Throws std::invalid_argument:
  // `endpoint "tcp://127.0.0.1:99999": port 99999 is not in 0-65535`.
  static Endpoint from(std::string_view text);

  [[nodiscard]] Scheme scheme() const noexcept { return scheme_; }
  // For "*" the IPv6 wildcard.
  [[nodiscard]] const Address& address() const noexcept { return address_; }
  // True for "*": both families in one socket.
  [[nodiscard]] bool any_family() const noexcept { return any_family_; }
  // The same endpoint with the port, or the family, that the kernel gave.
  [[nodiscard]] Endpoint with_address(const Address& address) const noexcept;

  // What parse() reads back to an equal value, but for an abstract or unnamed Unix socket, which
  // has no text that parse() takes. A wildcard prints as "*" whatever its address.
  [[nodiscard]] std::string to_string() const;

  // Two wildcards are equal when their schemes and ports are, whatever family the kernel gave.
  friend SLUICE_EXPORT bool operator==(const Endpoint& a, const Endpoint& b) noexcept;

 private:
  Scheme scheme_;
  bool any_family_ = false;
  Address address_;
};

}  // namespace sluice

#endif
