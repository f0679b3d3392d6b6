#include "websocket_extensions.h"

#include "../http/http_fields.h"

namespace sluice {
namespace {

constexpr std::string_view kDeflate = "permessage-deflate";
constexpr std::string_view kServerNoTakeover = "server_no_context_takeover";
constexpr std::string_view kClientNoTakeover = "client_no_context_takeover";
constexpr std::string_view kServerWindow = "server_max_window_bits";
constexpr std::string_view kClientWindow = "client_max_window_bits";
constexpr std::size_t kMaxExtensions = 64;  // in a header; nobody offers ten

// Reads a header from its beginning.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool at_end() noexcept {
    skip_space();
    return rest_.empty();
  }
  [[nodiscard]] bool take(char wanted) noexcept {
    skip_space();
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Empty if there is none.
  [[nodiscard]] std::string_view token() noexcept {
    skip_space();
    std::size_t size = 0;
    while (size < rest_.size() && is_http_token_char(rest_[size])) ++size;
    const std::string_view found = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return found;
  }
  // A token, or one in quotes; nothing if it is neither.
  [[nodiscard]] std::optional<std::string> value() {
    if (!take('"')) {
      const std::string_view found = token();
      return found.empty() ? std::nullopt : std::optional<std::string>(found);
    }
    std::string text;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return {};
      text += rest_.front();
      rest_.remove_prefix(1);
    }
    if (!take('"') || !is_http_token(text)) return {};
    return text;
  }

 private:
  void skip_space() noexcept {
    while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

// 8 to 15, without a leading zero.
std::optional<std::uint8_t> window_of(const std::optional<std::string>& value) noexcept {
  if (!value) return {};
  for (std::uint8_t bits = 8; bits <= 15; ++bits) {
    if (*value == std::to_string(bits)) return bits;
  }
  return {};
}

struct Terms {
  bool is_valid = true;  // each parameter is known, has a valid value, and is there once
  bool server_no_takeover = false;
  bool client_no_takeover = false;
  bool has_client_window = false;
  std::optional<std::uint8_t> server_window;
};

// Whether the parameter was not there before, and is valid.
bool read_parameter(const WebSocketExtension::Parameter& parameter, Terms& terms) {
  const auto set_once = [](bool& flag) { return !flag && (flag = true); };
  if (parameter.name == kServerNoTakeover) {
    return !parameter.value && set_once(terms.server_no_takeover);
  }
  if (parameter.name == kClientNoTakeover) {
    return !parameter.value && set_once(terms.client_no_takeover);
  }
  if (parameter.name == kClientWindow) {
    const bool is_valid = !parameter.value || window_of(parameter.value);
    return is_valid && set_once(terms.has_client_window);
  }
  if (parameter.name != kServerWindow || terms.server_window) return false;
  terms.server_window = window_of(parameter.value);
  return terms.server_window.has_value();
}

Terms terms_of(const WebSocketExtension& extension) {
  Terms terms;
  for (const WebSocketExtension::Parameter& parameter : extension.parameters) {
    terms.is_valid = terms.is_valid && read_parameter(parameter, terms);
  }
  return terms;
}

}  // namespace

bool read_websocket_extensions(std::string_view value, std::vector<WebSocketExtension>& to) {
  Reader reader(value);
  do {
    WebSocketExtension& extension = to.emplace_back();
    extension.name = reader.token();
    if (extension.name.empty() || to.size() > kMaxExtensions) return false;
    while (reader.take(';')) {
      WebSocketExtension::Parameter& parameter = extension.parameters.emplace_back();
      parameter.name = reader.token();
      if (parameter.name.empty()) return false;
      if (!reader.take('=')) continue;
      parameter.value = reader.value();
      if (!parameter.value) return false;
    }
  } while (reader.take(','));
  return reader.at_end();
}

WebSocketDeflateAnswer answer_deflate_offer(const std::vector<WebSocketExtension>& offers) {
  WebSocketDeflateAnswer answer;
  for (const WebSocketExtension& offer : offers) {
    if (offer.name != kDeflate) continue;
    const Terms terms = terms_of(offer);
    if (!terms.is_valid) continue;  // section 7.1: declined; the next one may do
    answer.header = kWebSocketDeflateOffer;
    if (terms.server_window) {
      answer.window_bits = *terms.server_window;
      answer.header.append("; ").append(kServerWindow) += '=' + std::to_string(answer.window_bits);
    }
    return answer;
  }
  return answer;
}

bool accepts_deflate_offer(const std::vector<WebSocketExtension>& answer) {
  if (answer.size() != 1 || answer.front().name != kDeflate) return false;
  const Terms terms = terms_of(answer.front());
  // A window for the client was not offered, and without no_takeover the server's messages would
  // refer to earlier ones. A window of the server is its own affair.
  return terms.is_valid && terms.server_no_takeover && !terms.has_client_window;
}

}  // namespace sluice
