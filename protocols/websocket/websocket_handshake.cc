#include "websocket_handshake.h"

#include <algorithm>

#include "../../reactor/base/text/quote.h"
#include "sha1.h"

namespace sluice {
namespace {

constexpr std::string_view kKey = "Sec-WebSocket-Key";
constexpr std::string_view kVersion = "Sec-WebSocket-Version";
constexpr std::string_view kProtocol = "Sec-WebSocket-Protocol";
constexpr std::string_view kOrigin = "Origin";
constexpr std::string_view kAnyOrigin = "*";
constexpr std::size_t kKeySize = 24;  // 16 bytes in base64, of which the last two are padding

bool is_key(std::string_view text) noexcept {
  return text.size() == kKeySize && text.ends_with("==") &&
         text.find_first_not_of(kBase64Digits) == kKeySize - 2;
}

// "example.org:8080" of http://example.org:8080, without the port that the scheme has by default.
std::string_view authority_of(std::string_view origin, std::string_view& default_port) noexcept {
  constexpr std::string_view kSeparator = "://";
  const std::size_t end = origin.find(kSeparator);
  if (end == origin.npos) return {};  // "null", which a page without an origin has
  default_port = is_same_http_name(origin.substr(0, end), "https") ? ":443" : ":80";
  return origin.substr(end + kSeparator.size());
}

std::string_view without_port(std::string_view host, std::string_view port) noexcept {
  return host.ends_with(port) ? host.substr(0, host.size() - port.size()) : host;
}

bool is_same_host(std::string_view origin, std::string_view host) noexcept {
  std::string_view port;
  const std::string_view authority = authority_of(origin, port);
  return !authority.empty() &&
         is_same_http_name(without_port(authority, port), without_port(host, port));
}

bool admits(std::string_view origin, std::string_view host,
            std::span<const std::string> origins) noexcept {
  if (origins.empty()) return is_same_host(origin, host);
  return std::any_of(origins.begin(), origins.end(), [origin](const std::string& each) {
    return each == kAnyOrigin || is_same_http_name(each, origin);
  });
}

// The names are compared with regard to case: the client looks for its own spelling in the answer.
bool offers(const HttpRequest& request, std::string_view name) noexcept {
  for (const HttpHeader& header : request.headers()) {
    if (!is_same_http_name(header.name, kProtocol)) continue;
    for (std::string_view rest = header.value;;) {
      const std::size_t comma = rest.find(',');
      if (trim_http_space(rest.substr(0, comma)) == name) return true;
      if (comma == rest.npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

// Section 4.4: says which version there is.
HttpResponse wrong_version() {
  HttpResponse response = HttpResponse::failed(426, "the version of WebSocket here is 13");
  response.headers = "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  return response;
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const Sha1 hash = sha1_of(std::string(key).append(kGuid));
  return base64(std::as_bytes(std::span(hash)));
}

bool asks_for_websocket(const HttpRequest& request) noexcept {
  return request.has_token("Upgrade", "websocket");
}

std::optional<HttpResponse> refuse_handshake(const HttpRequest& request,
                                             std::span<const std::string> origins) {
  const auto bad = [](std::string_view why) { return HttpResponse::failed(400, why); };
  if (request.method != HttpMethod::get) return bad("a handshake of WebSocket is a GET");
  if (request.minor < 1) return bad("a handshake of WebSocket needs HTTP/1.1");
  if (!request.has_token("Connection", "Upgrade")) {
    return bad("Upgrade is there, but Connection does not name it");
  }
  if (request.count(kVersion) > 1) return bad("there is more than one Sec-WebSocket-Version");
  if (request.find(kVersion).value_or("") != "13") return wrong_version();
  if (request.count(kKey) != 1 || !is_key(*request.find(kKey))) {
    return bad("Sec-WebSocket-Key is not 16 bytes in base64");
  }
  if (request.count(kOrigin) > 1) return bad("there is more than one Origin");
  const std::optional<std::string_view> origin = request.find(kOrigin);
  if (origin && !admits(*origin, request.find("Host").value_or(""), origins)) {
    return HttpResponse::failed(403, "pages of this Origin may not connect");
  }
  return {};
}

HttpResponse upgrade_required() {
  HttpResponse response = HttpResponse::failed(426, "this is for WebSocket");
  response.headers = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  return response;
}

std::size_t choose_subprotocol(const HttpRequest& request,
                               std::span<const std::string> known) noexcept {
  const auto found = std::find_if(known.begin(), known.end(), [&request](const std::string& each) {
    return offers(request, each);
  });
  return static_cast<std::size_t>(found - known.begin());
}

std::optional<std::vector<WebSocketExtension>> offered_extensions(const HttpRequest& request) {
  std::vector<WebSocketExtension> offers;
  for (const HttpHeader& header : request.headers()) {
    if (!is_same_http_name(header.name, kWebSocketExtensions)) continue;
    if (!read_websocket_extensions(header.value, offers)) return {};
  }
  return offers;
}

std::string accept_handshake(const HttpRequest& request, std::string_view subprotocol,
                             std::string_view extensions) {
  std::string text =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ";
  text += websocket_accept(request.find(kKey).value_or(""));
  if (!subprotocol.empty()) {
    text.append("\r\n").append(kProtocol).append(": ").append(subprotocol);
  }
  if (!extensions.empty()) {
    text.append("\r\n").append(kWebSocketExtensions).append(": ").append(extensions);
  }
  text += "\r\n\r\n";
  return text;
}

}  // namespace sluice
