// The head of an HTTP request, as views of the bytes that were received; and the headers of any
// head.
//
//   GET /metrics?x=1 HTTP/1.1
//   Host: localhost
//
// What it is: a value that HttpHeadDecoder fills in. Nothing in it is decoded: a path with %2F is
// another one than a path with a slash.
// Lifetime: the views are valid as long as the bytes that the decoder was given.
// Thread: a plain value.
// Source: RFC 9112, sections 3 and 5; RFC 9110, section 5.
#ifndef SLUICE_PROTOCOLS_HTTP_HTTP_REQUEST_H
#define SLUICE_PROTOCOLS_HTTP_HTTP_REQUEST_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "../../reactor/base/export.h"

namespace sluice {

enum class HttpMethod : std::uint8_t { get, head };

struct HttpHeader {
  std::string_view name;   // as it was written; compare without regard to case
  std::string_view value;  // without the spaces around it
};

struct SLUICE_EXPORT HttpHeaders {
  static constexpr std::size_t kMaxHeaders = 64;

  std::array<HttpHeader, kMaxHeaders> header_room;
  std::size_t header_count = 0;

  [[nodiscard]] std::span<const HttpHeader> headers() const noexcept {
    return std::span(header_room).first(header_count);
  }
  // The value of the first header of that name, in any case.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  // How many headers have that name.
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
  // Whether a header of that name, whose value is a list, has `token` in it, in any case:
  // has_token("Connection", "close").
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const noexcept;
};

struct SLUICE_EXPORT HttpRequest : HttpHeaders {
  HttpMethod method = HttpMethod::get;
  int minor = 1;           // HTTP/1.0 or 1.1; a later 1.x counts as 1.1
  std::string_view path;   // "/metrics"
  std::string_view query;  // what follows the '?', without it

  // The connection is to stay open after the answer (RFC 9112, section 9.3).
  [[nodiscard]] bool keeps_alive() const noexcept;
};

// Compares ASCII letters without regard to case.
bool is_same_http_name(std::string_view a, std::string_view b) noexcept;
// Removes the spaces and tabs at both ends.
std::string_view trim_http_space(std::string_view text) noexcept;

}  // namespace sluice

#endif
