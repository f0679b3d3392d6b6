// The messages of a server: encoded, compressed and sent. websocket.cc has what the peer sends.
#include <algorithm>
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

void WebSocketBroadcast::add(WebSocketKind kind, std::span<const std::byte> message) {
  assert(plain_.empty() && !was_deflated_);
  const WebSocketFrameHead head(opcode_of(kind), message.size());
  const auto bytes = head.bytes();
  frames_.reserve(frames_.size() + bytes.size() + message.size());
  parts_.push_back({kind, frames_.size() + bytes.size(), message.size()});
  frames_.insert(frames_.end(), bytes.begin(), bytes.end());
  frames_.insert(frames_.end(), message.begin(), message.end());
  longest_ = std::max(longest_, message.size());
}

Payload WebSocketBroadcast::contents() const {
  if (parts_.size() == 1) return Payload::copy(message(parts_.front()));
  std::vector<std::span<const std::byte>> messages;
  messages.reserve(parts_.size());
  for (const Part& part : parts_) messages.push_back(message(part));
  return Payload::concat(messages);
}

void WebSocketBroadcast::clear() noexcept {
  parts_.clear();
  frames_.clear();
  longest_ = 0;
  was_deflated_ = false;
  plain_ = Payload();
  deflated_ = Payload();
}

const Payload& WebSocketBroadcast::plain() {
  if (plain_.empty()) plain_ = Payload::copy(std::span<const std::byte>(frames_));
  return plain_;
}

const Payload& WebSocketBroadcast::deflated(WebSocketDeflate& deflate) {
  if (!std::exchange(was_deflated_, true)) {
    std::vector<std::byte> frames;
    bool is_shorter = false;
    for (const Part& part : parts_) {
      auto bytes = deflate.deflate(message(part), WebSocketDeflate::kMaxWindowBits);
      const bool is_deflated = !bytes.empty();
      if (!is_deflated) bytes = message(part);
      is_shorter = is_shorter || is_deflated;
      WebSocketFrameHead head(opcode_of(part.kind), bytes.size());
      if (is_deflated) head.set_deflated();
      frames.insert(frames.end(), head.bytes().begin(), head.bytes().end());
      frames.insert(frames.end(), bytes.begin(), bytes.end());
    }
    if (is_shorter) deflated_ = Payload::copy(std::span<const std::byte>(frames));
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
  if (!is_established() || message.empty()) return;
  const bool compresses = may_deflate() && WebSocketDeflate::fits(message.longest_, window_bits_);
  connection_->send(compresses ? message.deflated(*server_->deflate_) : message.plain());
}

ProtocolFactory websocket(WebSocketServer& server, WebSocketFunction function) {
  assert(function);
  return [&server, function = std::move(function)](const Address& /*peer*/) {
    return std::make_unique<WebSocketWithFunction>(server, function);
  };
}

}  // namespace sluice
