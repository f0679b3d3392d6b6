// The header that a proxy writes before the bytes of its client. It names the client's address.
//
// What it is: pure functions over bytes, for both versions of the PROXY protocol.
// Errors: std::bad_alloc. Thread: any. Units: bytes.
// Source: "The PROXY protocol, versions 1 & 2", haproxy.org.
#ifndef SLUICE_PROTOCOLS_PROXY_PROXY_HEADER_H
#define SLUICE_PROTOCOLS_PROXY_PROXY_HEADER_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../../reactor/base/address.h"
#include "../../reactor/base/export.h"

namespace sluice {

enum class ProxyVersion : std::uint8_t { v1, v2 };

// With its line end; a longer line is an error.
inline constexpr std::size_t kMaxProxyLine = 107;
// Of version 2 with all its extensions; a longer header is an error.
inline constexpr std::size_t kMaxProxyHeader = 4096;

struct ProxyHeader {
  // Nothing if the proxy speaks for itself (LOCAL), or does not say (UNKNOWN, a Unix socket): then
  // the peer is the proxy.
  std::optional<Address> source;
  std::optional<Address> destination;  // as `source`
  std::size_t size = 0;
};

struct ProxyParse {
  enum class Status : std::uint8_t {
    more,   // the header is not complete
    done,   // `header`
    reject  // `why`
  };

  Status status = Status::more;
  // more: so many further bytes, at least one, belong to the header for certain. A caller that
  // reads no more than these at a time does not read what follows the header.
  std::size_t wanted = 0;
  ProxyHeader header{};
  std::string_view why{};  // a constant text: "no PROXY header"
};

// Parses the header at the beginning of `head`, and ignores the bytes after it.
SLUICE_EXPORT ProxyParse parse_proxy_header(std::span<const std::byte> head);

// The header of a connection from `source` to `destination`. If these are not two IP addresses of
// one family, it does not say who the client is.
SLUICE_EXPORT std::string make_proxy_header(ProxyVersion version, const Address& source,
                                            const Address& destination);

}  // namespace sluice

#endif
