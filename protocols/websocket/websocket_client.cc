#include "websocket_client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/stream/connection.h"
#include "websocket_client_handshake.h"
#include "websocket_deflate.h"
#include "websocket_masks.h"

namespace sluice {
namespace {

// The memory of a message that is kept for the next one.
constexpr std::size_t kKeptByClient = std::size_t{64} * 1024;

// Section 7.1.1: after both Close frames the server closes the connection first.
constexpr std::chrono::milliseconds kServerCloses{2'000};

void drop_if_large(std::vector<std::byte>& bytes) {
  // Not `bytes = {}`, which keeps the memory.
  if (bytes.capacity() > kKeptByClient) std::vector<std::byte>().swap(bytes);
}

}  // namespace

struct WebSocketClientProtocol::Parts {
  explicit Parts(WebSocketClientOptions given)
      : options(std::move(given)),
        key(masks.key()),
        intake{.max_message = options.max_message,
               .max_fragments = options.max_fragments,
               .max_pending = WebSocketDeflate::most_deflated(options.max_message),
               .from = WebSocketSide::server,
               .deflate = &deflate,
               .whole = {},
               .assembled = {}} {}

  WebSocketClientOptions options;
  WebSocketMasks masks;
  std::string key;
  WebSocketDeflate deflate;  // it has no memory until it is used
  WebSocketIntake intake;
  WebSocketReader reader;  // after its intake
  std::vector<std::byte> frame;
  std::string subprotocol;
  WebSocketEnd end;
  std::optional<Timer> closing;
};

WebSocketClientProtocol::WebSocketClientProtocol(WebSocketClientOptions options)
    : parts_(std::make_unique<Parts>(std::move(options))) {}

WebSocketClientProtocol::~WebSocketClientProtocol() = default;

void WebSocketClientProtocol::prepare(ConnectionOptions& connection,
                                      const WebSocketClientOptions& options) noexcept {
  // A head, or the rest of two reads: see WebSocketServer::prepare().
  connection.input_limit =
      std::max(connection.input_limit, HttpResponseHead::kMaxHead + 2 * Loop::kReadBufferSize);
  const std::size_t frame = options.max_message + WebSocketFrameHead::kMaxSize;
  connection.queue_limit = std::max(connection.queue_limit, connection.high_water + frame);
  if (connection.first_message_timeout.count() <= 0) {
    connection.first_message_timeout = options.handshake_timeout;
  }
}

void WebSocketClientProtocol::on_established(Connection& /*connection*/) {}

std::string_view WebSocketClientProtocol::subprotocol() const noexcept {
  return parts_->subprotocol;
}

void WebSocketClientProtocol::on_open(Connection& connection) {
  connection_ = &connection;
  parts_->closing.emplace(connection.loop(), [&connection] { connection.close(); });
  connection.send(websocket_request(parts_->options, parts_->key));
}

void WebSocketClientProtocol::on_eof(Connection& connection) {
  if (state_ == State::handshake) {
    parts_->end.fault = "the server closed the connection before it answered the handshake";
  }
  connection.close();
}

void WebSocketClientProtocol::on_drain(Connection& /*connection*/) {
  close(WebSocketCode::kGoingAway);
}

void WebSocketClientProtocol::on_close(Connection& connection, std::error_code reason) {
  parts_->closing.reset();
  parts_->reader.reset();
  state_ = State::ended;
  parts_->end.error = reason;
  on_closed(connection, parts_->end);
  connection_ = nullptr;
}

void WebSocketClientProtocol::send_message(WebSocketKind kind, Bytes message) {
  if (!is_established()) return;
  const auto opcode = kind == WebSocketKind::text ? WebSocketOpcode::text : WebSocketOpcode::binary;
  if (may_deflate_) {
    const Bytes bytes = parts_->deflate.deflate(message, WebSocketDeflate::kMaxWindowBits);
    if (!bytes.empty()) return send_frame(opcode, bytes, true);
  }
  send_frame(opcode, message);
}

void WebSocketClientProtocol::send_frame(WebSocketOpcode opcode, Bytes payload, bool compressed) {
  const WebSocketMask mask = parts_->masks.next();
  WebSocketFrameHead head(opcode, payload.size(), mask);
  if (compressed) head.set_deflated();
  std::vector<std::byte>& frame = parts_->frame;
  frame.assign(head.bytes().begin(), head.bytes().end());
  frame.resize(head.bytes().size() + payload.size());
  apply_websocket_mask(payload, mask, 0, frame.data() + head.bytes().size());
  connection_->send(frame);
  drop_if_large(frame);
}

void WebSocketClientProtocol::send_close(std::uint16_t code, std::string_view reason) {
  send_frame(WebSocketOpcode::close, WebSocketClosePayload(code, reason).bytes());
}

void WebSocketClientProtocol::close(std::uint16_t code, std::string_view reason) {
  if (connection_ == nullptr) return;
  if (state_ == State::handshake) {
    state_ = State::ended;
    return connection_->close();
  }
  if (!is_established()) return;
  send_close(code, reason);
  state_ = State::closing;
  const auto limit = parts_->options.close_timeout;
  if (limit.count() > 0) parts_->closing->start(limit);
}

// Section 7.1.7: after a fault, what the server still sends is not looked at.
void WebSocketClientProtocol::fail(Connection& connection, std::uint16_t code,
                                   std::string_view why) {
  parts_->end.fault = why;
  if (is_established()) send_close(code, why);
  state_ = State::ended;
  parts_->reader.reset();
  connection.close();
}

std::size_t WebSocketClientProtocol::on_data(Connection& connection, Bytes in) {
  if (state_ == State::ended) return in.size();
  had_message_ = false;
  std::size_t consumed = 0;
  if (state_ == State::handshake) consumed = read_answer(connection, in);
  if (state_ != State::handshake) consumed += read_frames(connection, in.subspan(consumed));
  connection.note_messages(had_message_, consumed < in.size() || parts_->reader.is_inside());
  return consumed;
}

std::size_t WebSocketClientProtocol::read_answer(Connection& connection, Bytes in) {
  HttpResponseHead head;
  const HttpResponseHeadResult result =
      read_http_response_head({reinterpret_cast<const char*>(in.data()), in.size()}, head);
  if (result.status == HttpHeadStatus::need_more) return 0;
  had_message_ = true;
  WebSocketAnswer answer{.fault = std::string(result.why)};
  if (result.status == HttpHeadStatus::complete) {
    answer = check_websocket_answer(head, parts_->key, parts_->options);
  }
  if (!answer.fault.empty()) {
    fail(connection, WebSocketCode::kProtocolError, answer.fault);
    return in.size();
  }
  parts_->subprotocol = std::move(answer.subprotocol);
  may_deflate_ = answer.deflates;
  state_ = State::established;
  on_established(connection);
  return result.consumed;
}

std::size_t WebSocketClientProtocol::read_frames(Connection& connection, Bytes in) {
  std::size_t consumed = 0;
  while (state_ != State::ended) {
    const WebSocketRead read =
        parts_->reader.read(in.subspan(consumed), parts_->intake, true, may_deflate_);
    consumed += read.consumed;
    if (!handle(connection, read)) break;
    if (!connection.may_continue()) break;
  }
  return state_ == State::ended ? in.size() : consumed;
}

bool WebSocketClientProtocol::handle(Connection& connection, const WebSocketRead& read) {
  switch (read.event) {
    case WebSocketEvent::need_more:
    case WebSocketEvent::held:  // only if delivery were not allowed
      return false;
    case WebSocketEvent::message:
      had_message_ = true;
      on_message(connection, read.is_text ? WebSocketKind::text : WebSocketKind::binary,
                 read.payload);
      drop_if_large(parts_->intake.whole);
      drop_if_large(parts_->intake.assembled);
      drop_if_large(parts_->intake.expanded);
      break;
    case WebSocketEvent::ping:
      send_frame(WebSocketOpcode::pong, read.payload);  // also after our own Close (5.5.2)
      break;
    case WebSocketEvent::close:
      handle_close(connection, read.payload);
      break;
    case WebSocketEvent::fault:
      fail(connection, read.fault.code, read.fault.why);
      break;
    case WebSocketEvent::part:
    case WebSocketEvent::pong:
      break;
  }
  return true;
}

void WebSocketClientProtocol::handle_close(Connection& connection, Bytes payload) {
  const WebSocketClose close = WebSocketClose::read(payload);
  if (close.fault) return fail(connection, close.fault.code, close.fault.why);
  parts_->end.code = close.code;
  parts_->end.reason = close.reason;
  if (is_established()) send_close(close.code, {});
  state_ = State::ended;
  parts_->closing->start(kServerCloses);
}

}  // namespace sluice
