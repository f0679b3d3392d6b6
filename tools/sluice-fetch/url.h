// URLs and their parts.
//
// What it is: values. URLs with a host are read by libcurl's own parser, so that what is shown is
// what would be fetched. It does not know others, such as mailto:, urn: and data:, which are split
// here. Nothing is looked up. Thread: any.
// Errors: UsageError that quotes the URL and says why; std::bad_alloc.
// Source: RFC 3986, RFC 6874 (zones); curl_url_get(3).
#ifndef SLUICE_TOOLS_SLUICE_FETCH_URL_H
#define SLUICE_TOOLS_SLUICE_FETCH_URL_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::tools::fetch {

// As they stand in the URL, percent-encoded where it is. What it does not have is nothing.
struct Url {
  static constexpr std::size_t kMaxLength = 8000;  // bytes: what RFC 9110 wants to be supported

  std::string text;   // as given
  std::string wire;   // the same with the host in ASCII: what is fetched
  std::string shown;  // in its usual form and without a password: for messages
  std::string scheme;
  std::optional<std::string> user;
  std::optional<std::string> password;
  std::optional<std::string>
      host;  // in ASCII; a numeric IPv6 one in brackets, with its zone after "%25"
  std::optional<std::string> port;  // the scheme's own when none is given and it has one
  std::string path;
  std::optional<std::string> query;
  std::optional<std::string> fragment;

  // http or https.
  [[nodiscard]] bool can_be_fetched() const { return scheme == "http" || scheme == "https"; }
};

// Whether the text begins with a scheme: "localhost:8080/x" does not.
[[nodiscard]] bool has_scheme(std::string_view text);

Url parse_url(std::string_view text);

// A line a part: "host      example.org"; control characters as \xNN.
std::string printed_parts(const Url& url);
// One object on one line; a part that is not there is null.
std::string parts_as_json(const Url& url);

// A URL that libcurl tells of, without a password; as it is when it cannot be read.
std::string without_password(const std::string& text);

}  // namespace sluice::tools::fetch

#endif
