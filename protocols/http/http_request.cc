#include "http_request.h"

#include <algorithm>

#include "../../reactor/base/text/host_name.h"

namespace sluice {

bool is_same_http_name(std::string_view a, std::string_view b) noexcept {
  return is_same_name(a, b);
}

std::string_view trim_http_space(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::optional<std::string_view> HttpHeaders::find(std::string_view name) const noexcept {
  for (const HttpHeader& header : headers()) {
    if (is_same_http_name(header.name, name)) return header.value;
  }
  return {};
}

std::size_t HttpHeaders::count(std::string_view name) const noexcept {
  const auto all = headers();
  const auto found = std::count_if(all.begin(), all.end(), [name](const HttpHeader& header) {
    return is_same_http_name(header.name, name);
  });
  return static_cast<std::size_t>(found);
}

bool HttpHeaders::has_token(std::string_view name, std::string_view token) const noexcept {
  for (const HttpHeader& header : headers()) {
    if (!is_same_http_name(header.name, name)) continue;
    std::string_view rest = header.value;
    while (true) {
      const std::size_t comma = rest.find(',');
      if (is_same_http_name(trim_http_space(rest.substr(0, comma)), token)) return true;
      if (comma == rest.npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

bool HttpRequest::keeps_alive() const noexcept {
  constexpr std::string_view kConnection = "Connection";
  if (has_token(kConnection, "close")) return false;
  return minor >= 1 || has_token(kConnection, "keep-alive");
}

}  // namespace sluice
