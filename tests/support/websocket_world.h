// A WebSocketServer and a client in memory, whose handshake is done.
#ifndef SLUICE_TESTS_SUPPORT_WEBSOCKET_WORLD_H
#define SLUICE_TESTS_SUPPORT_WEBSOCKET_WORLD_H

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include <sluice/connection.h>
#include <sluice/memory_peer.h>
#include <sluice/websocket.h>
#include <sluice/websocket_server.h>

namespace sluice::test {

inline std::string handshake(std::string_view path = "/", std::string_view more = "") {
  return "GET " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         std::string(more) + "\r\n";
}

// What happened to the handlers, in order.
struct SocketJournal {
  std::vector<std::string> events;  // "established", "text hello", "closed 1000"
  std::function<void(WebSocketProtocol&, WebSocketKind, std::span<const std::byte>)> then;
};

// Records its events, and answers with the message unless the test has its own function.
class SocketScribe final : public WebSocketProtocol {
 public:
  SocketScribe(WebSocketServer& server, SocketJournal& journal)
      : WebSocketProtocol(server), journal_(journal) {}

 private:
  std::optional<HttpResponse> on_request(Connection& /*connection*/,
                                         const HttpRequest& request) override {
    if (request.path != "/none") return {};
    return HttpResponse::failed(404, "there is no WebSocket at this path");
  }
  void on_established(Connection& /*connection*/) override {
    journal_.events.emplace_back("established");
  }
  void on_message(Connection& /*connection*/, WebSocketKind kind, Bytes message) override {
    const std::string text(reinterpret_cast<const char*>(message.data()), message.size());
    journal_.events.push_back((kind == WebSocketKind::text ? "text " : "binary ") + text);
    if (!journal_.then) return send_message(kind, message);
    journal_.then(*this, kind, message);
  }
  void on_closed(Connection& /*connection*/, std::uint16_t code, std::error_code) override {
    journal_.events.push_back("closed " + std::to_string(code));
  }

  SocketJournal& journal_;
};

struct SocketWorld {
  explicit SocketWorld(const WebSocketOptions& options = {}, HttpHandler* pages = nullptr)
      : server(std::in_place, loop, options, pages, [] { return WallTime(); }) {
    ConnectionOptions connection;
    server->prepare(connection);
    peer.emplace(loop, std::make_unique<SocketScribe>(*server, journal), connection);
  }

  // Does the handshake.
  void open(std::string_view more = "") {
    peer->send(handshake("/", more));
    const std::string answer = peer->received();
    cr_assert(answer.starts_with("HTTP/1.1 101 "), "%s", answer.c_str());
  }
  // Sends, and returns what came back.
  std::string ask(std::string_view bytes, std::size_t piece = MemoryPeer::kUnlimited) {
    peer->send(bytes, piece);
    return peer->received();
  }

  SocketJournal journal;
  Loop loop{LoopOptions{.virtual_time = true}};
  std::optional<WebSocketServer> server;
  std::optional<MemoryPeer> peer;
};

}  // namespace sluice::test

#endif
