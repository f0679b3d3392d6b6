// The handshake of a WebSocketProtocol, and the pages beside it. websocket.cc has the rest.
#include <string>
#include <string_view>
#include <utility>

#include "../../reactor/stream/connection.h"
#include "websocket.h"
#include "websocket_handshake.h"
#include "websocket_server.h"

namespace sluice {

// Until a handshake is accepted; what follows it is frames.
std::size_t WebSocketProtocol::read_head(Connection& connection, Bytes in) {
  const std::string_view text(reinterpret_cast<const char*>(in.data()), in.size());
  std::size_t consumed = 0;
  HttpRequest request;
  while (state_ == State::handshake && consumed < text.size()) {
    const HttpHeadResult head = head_.decode(text.substr(consumed), request);
    if (head.status == HttpHeadStatus::need_more) break;
    had_message_ = true;
    if (head.status == HttpHeadStatus::refused) {
      const HttpExchange exchange{request.method, 1, false};
      connection.send(http_message(HttpResponse::failed(head.refusal.status, head.refusal.why),
                                   exchange, server_->clock_()));
      state_ = State::closed;
      connection.close();
      return in.size();
    }
    consumed += head.consumed;
    answer(connection, request);
    if (connection.state() != Connection::State::open) return in.size();
    if (!connection.may_continue()) break;
  }
  return consumed;
}

// Returns the refusal of a header that is malformed.
std::optional<HttpResponse> WebSocketProtocol::agree_on_deflate(const HttpRequest& request,
                                                                std::string& extensions) {
  const auto offers = offered_extensions(request);
  if (!offers) return HttpResponse::failed(400, "Sec-WebSocket-Extensions is malformed");
  WebSocketDeflateAnswer answer = answer_deflate_offer(*offers);
  if (answer.header.empty()) return {};
  window_bits_ = answer.window_bits;
  extensions = std::move(answer.header);
  return {};
}

void WebSocketProtocol::answer(Connection& connection, const HttpRequest& request) {
  std::optional<HttpResponse> response;
  std::string extensions;
  bool keeps = false;
  if (asks_for_websocket(request)) {
    response = refuse_handshake(request, server_->options().origins);
    if (!response && server_->options().deflate) response = agree_on_deflate(request, extensions);
    if (!response) response = on_request(connection, request);
  } else if (server_->pages_ != nullptr) {
    response = server_->pages_->respond(request, connection.peer());
    keeps = request.keeps_alive();
  } else {
    response = upgrade_required();
  }
  if (connection.state() != Connection::State::open) return;
  if (response) {
    const HttpExchange exchange{request.method, request.minor, keeps};
    connection.send(http_message(*response, exchange, server_->clock_()));
    if (keeps) return;
    state_ = State::closed;
    return connection.close();
  }
  const std::size_t chosen = choose_subprotocol(request, server_->options().subprotocols);
  if (chosen < server_->options().subprotocols.size()) {
    subprotocol_ = static_cast<std::uint8_t>(chosen);
  }
  connection.send(accept_handshake(request, subprotocol(), extensions));
  state_ = State::established;
  was_established_ = true;
  server_->silent_.touch(*this);
  on_established(connection);
}

}  // namespace sluice
