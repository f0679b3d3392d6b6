#include "url.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/international_name.h"
#include "../common/json_object.h"
#include "../common/usage_error.h"

namespace sluice::tools::fetch {
namespace {

struct Free {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
  void operator()(char* text) const noexcept { curl_free(text); }
};
using Handle = std::unique_ptr<CURLU, Free>;

Handle handle_of(const std::string& text, CURLUcode& error) {
  Handle handle(curl_url());
  if (handle == nullptr) throw std::bad_alloc();
  error = curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (error == CURLUE_OUT_OF_MEMORY) throw std::bad_alloc();
  return handle;
}

std::optional<std::string> part_of(const Handle& handle, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  const CURLUcode error = curl_url_get(handle.get(), part, &text, flags);
  if (error == CURLUE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (error != CURLUE_OK || text == nullptr) return std::nullopt;
  const std::unique_ptr<char, Free> owner(text);
  return std::string(text);
}

std::string shown_of(const Handle& handle, const std::string& otherwise) {
  if (curl_url_set(handle.get(), CURLUPART_PASSWORD, nullptr, 0) != CURLUE_OK) return otherwise;
  return part_of(handle, CURLUPART_URL).value_or(otherwise);
}

// For what the parser refuses: "user:password@" without the password.
std::string cut_password(std::string_view text) {
  const std::size_t slashes = text.find("://");
  if (slashes == text.npos) return std::string(text);
  const std::size_t start = slashes + 3;
  const std::size_t end = std::min(text.find_first_of("/?#", start), text.size());
  const std::size_t at = text.substr(0, end).rfind('@');
  const std::size_t colon = text.substr(0, end).find(':', start);
  if (at == text.npos || colon > at) return std::string(text);
  return std::string(text.substr(0, colon)) + std::string(text.substr(at));
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw UsageError("URL " + quote(cut_password(text)) + ": " + why);
}

// "localhost:8080/x" and "example.org:80" are a host and a port, although RFC 3986 calls them a
// scheme and a path.
bool is_host_and_port(std::string_view scheme, std::string_view rest) {
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (digits == 0) return false;
  const bool ends = digits == rest.size();
  return (!ends && rest[digits] == '/') || (ends && scheme.find('.') != scheme.npos);
}

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kOthers = "0123456789+-.";

// What stands before the first colon, if it is a scheme; else nothing.
std::string_view scheme_of(std::string_view text) {
  const std::string_view scheme = text.substr(0, text.find(':'));
  if (scheme.size() == text.size() || scheme.empty()) return {};
  if (kLetters.find(scheme.front()) == kLetters.npos) return {};
  const bool valid = std::all_of(scheme.begin(), scheme.end(), [](char each) {
    return kLetters.find(each) != kLetters.npos || kOthers.find(each) != kOthers.npos;
  });
  return valid && !is_host_and_port(scheme, text.substr(scheme.size() + 1)) ? scheme
                                                                            : std::string_view();
}

// mailto:ann@example.org, urn:isbn:0451450523, data:,text: a scheme and a path (RFC 3986, 3).
Url parse_without_host(std::string_view text, std::string_view scheme) {
  Url url;
  url.text = url.wire = url.shown = text;
  for (const char each : scheme) url.scheme += static_cast<char>(each | 0x20);  // as libcurl does
  if (url.can_be_fetched())
    refuse(text, "has no // after the scheme; allowed: http:// and https://");
  std::string_view rest = text.substr(scheme.size() + 1);
  const auto is_forbidden = [](char each) { return (each >= 0 && each <= ' ') || each == 0x7F; };
  if (std::any_of(rest.begin(), rest.end(), is_forbidden)) {
    refuse(text, "contains a space or a control character");
  }
  const auto cut = [&rest](char at) -> std::optional<std::string> {
    const std::size_t found = rest.find(at);
    if (found == rest.npos) return std::nullopt;
    std::string part(rest.substr(found + 1));
    rest = rest.substr(0, found);
    return part;
  };
  url.fragment = cut('#');
  url.query = cut('?');
  url.path = rest;
  return url;
}

// libcurl gives the zone of an IPv6 address apart from it.
std::optional<std::string> host_of(const Handle& handle) {
  std::optional<std::string> host = part_of(handle, CURLUPART_HOST);
  const std::optional<std::string> zone = part_of(handle, CURLUPART_ZONEID);
  if (host && zone && host->ends_with(']')) host->insert(host->size() - 1, "%25" + *zone);
  return host;
}

// Returns whether there was something to convert. libcurl would convert the name by the locale and
// its own rules; a name in ASCII it leaves alone.
bool set_ascii_host(const Handle& handle, std::string_view text) {
  const std::string host = part_of(handle, CURLUPART_HOST).value_or("");
  if (!is_international(host)) return false;
  try {
    const std::string name = ascii_name(host);
    if (curl_url_set(handle.get(), CURLUPART_HOST, name.c_str(), 0) == CURLUE_OK) return true;
  } catch (const UsageError& error) {
    refuse(text, error.what());
  }
  throw std::bad_alloc();
}

using Row = std::pair<std::string_view, std::optional<std::string>>;

std::array<Row, 8> rows_of(const Url& url) {
  return {Row{"scheme", url.scheme}, Row{"user", url.user},        Row{"password", url.password},
          Row{"host", url.host},     Row{"port", url.port},        Row{"path", url.path},
          Row{"query", url.query},   Row{"fragment", url.fragment}};
}

}  // namespace

bool has_scheme(std::string_view text) { return !scheme_of(text).empty(); }

Url parse_url(std::string_view text) {
  if (text.size() > Url::kMaxLength) {
    refuse(text, "is longer than " + std::to_string(Url::kMaxLength) + " bytes");
  }
  const std::string_view scheme = scheme_of(text);
  if (scheme.empty()) refuse(text, "has no scheme; allowed: http:// and https://");
  // libcurl would read some of these as a host and a port, and others as a scheme.
  if (!text.substr(scheme.size()).starts_with("://")) return parse_without_host(text, scheme);
  Url url;
  url.text = text;
  CURLUcode error = CURLUE_OK;
  const Handle handle = handle_of(url.text, error);
  if (error != CURLUE_OK) refuse(text, curl_url_strerror(error));
  url.wire = url.text;
  if (set_ascii_host(handle, text)) url.wire = part_of(handle, CURLUPART_URL).value_or(url.text);
  url.scheme = part_of(handle, CURLUPART_SCHEME).value_or("");
  url.user = part_of(handle, CURLUPART_USER);
  url.password = part_of(handle, CURLUPART_PASSWORD);
  url.host = host_of(handle);
  url.port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (url.port == "0") url.port.reset();  // of a scheme that has none, such as file
  url.path = part_of(handle, CURLUPART_PATH).value_or("");
  url.query = part_of(handle, CURLUPART_QUERY);
  url.fragment = part_of(handle, CURLUPART_FRAGMENT);
  url.shown = shown_of(handle, url.text);
  return url;
}

std::string printed_parts(const Url& url) {
  constexpr std::size_t kLeft = 10;
  std::string text;
  for (const auto& [name, value] : rows_of(url)) {
    if (!value) continue;
    text += name;
    text.append(kLeft - name.size(), ' ');
    text += escape(*value, Url::kMaxLength) + '\n';
  }
  return text;
}

std::string parts_as_json(const Url& url) {
  JsonObject object;
  object.add_text("url", url.text);
  for (const auto& [name, value] : rows_of(url)) {
    if (name == "port" && value) {
      // The parser has seen to it that it is one.
      object.add_number("port", std::int64_t{std::stoi(*value)});
    } else if (value) {
      object.add_text(name, *value);
    } else {
      object.add_null(name);
    }
  }
  return object.line();
}

std::string without_password(const std::string& text) {
  CURLUcode error = CURLUE_OK;
  const Handle handle = handle_of(text, error);
  return error == CURLUE_OK ? shown_of(handle, text) : text;
}

}  // namespace sluice::tools::fetch
