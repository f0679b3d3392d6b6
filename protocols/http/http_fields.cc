#include "http_fields.h"

#include <algorithm>

namespace sluice {
namespace {

// A visible character, space, tab, or one above ASCII (RFC 9110, section 5.5).
bool is_field_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

HttpRefusal read_header(std::string_view line, HttpHeader& header) noexcept {
  const auto bad = [](std::string_view why) { return HttpRefusal{400, why}; };
  if (line.front() == ' ' || line.front() == '\t') return bad("a header line is folded");
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return bad("a header line has no colon");
  header.name = line.substr(0, colon);
  if (header.name.ends_with(' ') || header.name.ends_with('\t')) {
    return bad("a header has a space before its colon");
  }
  if (!is_http_token(header.name)) {
    return bad("the name of a header has a character that is not allowed");
  }
  header.value = trim_http_space(line.substr(colon + 1));
  if (is_http_value(header.value)) return {};
  return bad("the value of a header has a control character");
}

}  // namespace

bool is_http_token_char(char c) noexcept {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool is_digit = c >= '0' && c <= '9';
  return is_letter || is_digit ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_http_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_http_token_char);
}

bool is_http_digits(std::string_view text) noexcept {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_http_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), is_field_char);
}

std::string_view take_http_line(std::string_view& head) noexcept {
  const std::size_t end = head.find(kHttpLineEnd);
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(end + kHttpLineEnd.size());
  return line;
}

HttpRefusal read_http_fields(std::string_view head, HttpHeaders& headers) noexcept {
  HttpRefusal wrong;
  while (wrong.status == 0) {
    const std::string_view line = take_http_line(head);
    if (line.empty()) break;
    if (headers.header_count == HttpHeaders::kMaxHeaders) return {431, "too many headers"};
    wrong = read_header(line, headers.header_room.at(headers.header_count++));
  }
  return wrong;
}

}  // namespace sluice
