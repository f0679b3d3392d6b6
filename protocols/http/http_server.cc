#include "http_server.h"

#include <cassert>
#include <memory>
#include <string_view>
#include <utility>

#include "../../reactor/stream/connection.h"

namespace sluice {

HttpServer::HttpServer(HttpHandler& handler, WallClock clock)
    : handler_(handler), clock_(std::move(clock)) {
  assert(clock_);
}

ProtocolFactory HttpServer::factory() {
  return [this](const Address&) -> ProtocolRef { return std::make_unique<Session>(*this); };
}

void HttpServer::limit_input(ConnectionOptions& options) noexcept {
  // An empty line may stand before a head, and pipelined requests after it.
  options.max_read = kMaxRead;
  options.input_limit = HttpHeadDecoder::kMaxHead + kMaxRead + 2 * HttpHeadDecoder::kMaxEmptyLines;
}

std::size_t HttpServer::Session::on_data(Connection& connection, std::span<const std::byte> in) {
  const std::string_view bytes(reinterpret_cast<const char*>(in.data()), in.size());
  std::size_t consumed = 0;
  HttpRequest request;
  while (consumed < bytes.size()) {
    const HttpHeadResult head = decoder_.decode(bytes.substr(consumed), request);
    if (head.status == HttpHeadStatus::need_more) break;
    if (head.status == HttpHeadStatus::refused) {
      refuse(connection, request, head.refusal);
      return in.size();
    }
    consumed += head.consumed;
    answer(connection, request);
    if (!connection.may_continue()) break;
  }
  // What follows the last request of a connection is not one (RFC 9112, section 9.6).
  return connection.state() == Connection::State::open ? consumed : in.size();
}

void HttpServer::Session::answer(Connection& connection, const HttpRequest& request) const {
  const HttpExchange exchange{request.method, request.minor, request.keeps_alive()};
  connection.send(http_message(server_.handler_.respond(request, connection.peer()), exchange,
                               server_.clock_()));
  if (!exchange.keep_alive) connection.close();
}

void HttpServer::Session::refuse(Connection& connection, const HttpRequest& request,
                                 const HttpRefusal& why) const {
  const HttpExchange exchange{request.method, 1, false};
  connection.send(
      http_message(HttpResponse::failed(why.status, why.why), exchange, server_.clock_()));
  connection.close();
}

}  // namespace sluice
