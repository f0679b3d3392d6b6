// The messages of a server: encoded, compressed and sent. websocket.cc has what the peer sends.
#include <array>
#include <cassert>
#include <memory>
#include <utility>

#include "../../reactor/stream/connection.h"
#include "websocket.h"
#include "websocket_deflate.h"
#include "websocket_server.h"

namespace sluice {
namespace {

class WebSocketWithFunction final : public WebSocketProtocol {
 public:
  WebSocketWithFunction(WebSocketServer& server, WebSocketFunction function)
      : WebSocketProtocol(server), function_(std::move(function)) {}

 private:
  void on_message(Connection& /*connection*/, WebSocketKind kind, Bytes message) override {
    function_(*this, kind, message);
  }

  WebSocketFunction function_;
};

WebSocketOpcode opcode_of(WebSocketKind kind) noexcept {
  return kind == WebSocketKind::text ? WebSocketOpcode::text : WebSocketOpcode::binary;
}

}  // namespace

Payload websocket_message(WebSocketKind kind, std::span<const std::byte> message) {
  const WebSocketFrameHead head(opcode_of(kind), message.size());
  const std::array parts = {head.bytes(), message};
  return Payload::concat(parts);
}

const Payload& WebSocketBroadcast::plain() {
  if (plain_.empty()) plain_ = websocket_message(kind_, message_);
  return plain_;
}

const Payload& WebSocketBroadcast::deflated(WebSocketDeflate& deflate) {
  if (!std::exchange(was_deflated_, true)) {
    const auto bytes = deflate.deflate(message_, WebSocketDeflate::kMaxWindowBits);
    WebSocketFrameHead head(opcode_of(kind_), bytes.size());
    head.set_deflated();
    const std::array parts = {head.bytes(), bytes};
    if (!bytes.empty()) deflated_ = Payload::concat(parts);
  }
  return deflated_.empty() ? plain() : deflated_;
}

void WebSocketProtocol::send_message(WebSocketKind kind, Bytes message) {
  if (!is_established()) return;
  if (may_deflate()) {
    const Bytes bytes = server_->deflate_->deflate(message, window_bits_);
    if (!bytes.empty()) return send_frame(opcode_of(kind), bytes, true);
  }
  send_frame(opcode_of(kind), message);
}

void WebSocketProtocol::send_message(const Payload& message) {
  if (is_established()) connection_->send(message);
}

void WebSocketProtocol::send_message(WebSocketBroadcast& message) {
  if (!is_established()) return;
  const bool compresses =
      may_deflate() && WebSocketDeflate::fits(message.message_.size(), window_bits_);
  connection_->send(compresses ? message.deflated(*server_->deflate_) : message.plain());
}

ProtocolFactory websocket(WebSocketServer& server, WebSocketFunction function) {
  assert(function);
  return [&server, function = std::move(function)](const Address& /*peer*/) {
    return std::make_unique<WebSocketWithFunction>(server, function);
  };
}

}  // namespace sluice
