// The header lines of a request or a response. Not installed.
//
// What it is: pure functions of bytes, as strict as HttpHeadDecoder says.
// Thread: any. Errors: an HttpRefusal with 400 or 431.
// Source: RFC 9112, section 5; RFC 9110, sections 5.5 and 5.6.2.
#ifndef SLUICE_PROTOCOLS_HTTP_HTTP_FIELDS_H
#define SLUICE_PROTOCOLS_HTTP_HTTP_FIELDS_H

#include <string_view>

#include "http_head.h"
#include "http_request.h"

namespace sluice {

inline constexpr std::string_view kHttpLineEnd = "\r\n";

// Whether it may stand in a token, such as a method or a name.
[[nodiscard]] bool is_http_token_char(char c) noexcept;
[[nodiscard]] bool is_http_token(std::string_view text) noexcept;
[[nodiscard]] bool is_http_digits(std::string_view text) noexcept;
// Of characters that may stand in a value.
[[nodiscard]] bool is_http_value(std::string_view text) noexcept;

// The next line without its end, which is removed from `head`. REQUIRES: it has one.
std::string_view take_http_line(std::string_view& head) noexcept;

// Reads the headers up to the empty line, and adds them to `headers`. REQUIRES: `head` has such a
// line.
[[nodiscard]] HttpRefusal read_http_fields(std::string_view head, HttpHeaders& headers) noexcept;

}  // namespace sluice

#endif
