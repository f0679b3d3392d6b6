#include "websocket.h"

#include <new>
#include <string>
#include <utility>
#include <vector>

#include "../../reactor/stream/connection.h"
#include "websocket_server.h"

namespace sluice {
namespace {

// The memory of a message that is kept for the next one.
constexpr std::size_t kKeptRoom = std::size_t{64} * 1024;

}  // namespace

WebSocketProtocol::WebSocketProtocol(WebSocketServer& server) noexcept : server_(&server) {}

WebSocketProtocol::~WebSocketProtocol() = default;

std::optional<HttpResponse> WebSocketProtocol::on_request(Connection& /*connection*/,
                                                          const HttpRequest& /*request*/) {
  return {};
}

void WebSocketProtocol::on_established(Connection& /*connection*/) {}

std::string_view WebSocketProtocol::subprotocol() const noexcept {
  if (server_ == nullptr || subprotocol_ == kNoSubprotocol) return {};
  return server_->options().subprotocols[subprotocol_];
}

void WebSocketProtocol::on_open(Connection& connection) {
  if (server_ == nullptr) return connection.close();
  server_->add(*this);
  connection_ = &connection;
}

void WebSocketProtocol::on_eof(Connection& connection) { connection.close(); }

void WebSocketProtocol::on_drain(Connection& connection) {
  on_draining(connection);
  // What it has not consumed is incomplete, unless the connection is paused.
  const bool waits = connection.paused() && !connection.unconsumed().empty();
  draining_ = waits ? Draining::waits : Draining::delivered;
  say_goodbye(connection);
}

// At the end of the turn, because this turn reads what has arrived, and its messages, or those of
// other connections, may still cause answers.
void WebSocketProtocol::say_goodbye(Connection& connection) {
  Loop& loop = connection.loop();
  loop.defer([this, &loop, id = connection.id()] {
    if (Connection::find(loop, id) == nullptr) return;  // this object is gone, too
    if (draining_ == Draining::delivered && is_established()) close(WebSocketCode::kGoingAway);
  });
}

void WebSocketProtocol::on_close(Connection& connection, std::error_code reason) {
  if (server_ != nullptr && connection_ != nullptr) server_->remove(*this);
  IdleList::Node::unlink();
  reader_.reset();
  state_ = State::closed;
  if (std::exchange(was_established_, false)) on_closed(connection, code_, reason);
  connection_ = nullptr;
}

// The server is being destroyed.
void WebSocketProtocol::detach() noexcept {
  try {
    close(WebSocketCode::kGoingAway);
  } catch (const std::bad_alloc&) {
    connection_->abort();
  }
  IdleList::Node::unlink();
  reader_.reset();
  state_ = State::closed;
  server_ = nullptr;
  connection_->close();
}

void WebSocketProtocol::send_frame(WebSocketOpcode opcode, Bytes payload, bool compressed) {
  WebSocketFrameHead head(opcode, payload.size());
  if (compressed) head.set_deflated();
  if (connection_->options().overflow == OverflowPolicy::drop_newest) {
    // Sent in parts, the head might still fit and the payload not.
    std::vector<std::byte> whole(head.bytes().begin(), head.bytes().end());
    whole.insert(whole.end(), payload.begin(), payload.end());
    return connection_->send(whole);
  }
  connection_->send(head.bytes());
  if (!payload.empty()) connection_->send(payload);
}

void WebSocketProtocol::send_close(std::uint16_t code, std::string_view reason) {
  send_frame(WebSocketOpcode::close, WebSocketClosePayload(code, reason).bytes());
}

void WebSocketProtocol::close(std::uint16_t code, std::string_view reason) {
  if (state_ == State::handshake && connection_ != nullptr) {
    state_ = State::closed;
    connection_->close();
  }
  if (!is_established()) return;
  send_close(code, reason);
  state_ = State::closing;
  pinged_ = false;
  if (server_->options().close_timeout.count() <= 0) return connection_->close();
  server_->closing_.touch(*this);
}

void WebSocketProtocol::fail(Connection& connection, const WebSocketFault& fault) {
  if (is_established()) send_close(fault.code, fault.why);
  state_ = State::closed;
  IdleList::Node::unlink();
  reader_.reset();
  connection.close();
}

std::size_t WebSocketProtocol::on_data(Connection& connection, Bytes in) {
  if (server_ == nullptr || state_ == State::closed) return in.size();
  had_message_ = false;
  std::size_t consumed = 0;
  if (state_ == State::handshake) consumed = read_head(connection, in);
  // on_established() may have paused it.
  const bool waits = consumed > 0 && connection.paused();
  if (state_ != State::handshake && !waits) {
    consumed += read_frames(connection, in.subspan(consumed));
  }
  connection.note_messages(had_message_, consumed < in.size() || reader_.is_inside());
  return consumed;
}

std::size_t WebSocketProtocol::read_frames(Connection& connection, Bytes in) {
  pinged_ = false;
  if (is_established()) server_->silent_.touch(*this);
  std::size_t consumed = 0;
  bool waits = false;
  while (server_ != nullptr && state_ != State::closed) {
    // Messages after our Close frame are dropped, so they may always be delivered.
    const bool may = !is_established() || may_deliver();
    const WebSocketRead read =
        reader_.read(in.subspan(consumed), server_->intake_, may, may_deflate());
    consumed += read.consumed;
    const bool is_held = read.event == WebSocketEvent::held;
    const bool goes_on = handle(connection, read);
    waits = is_held && !goes_on;
    if (!goes_on) break;
    // A message that on_held() has admitted is delivered in the same turn: what allowed it, such as
    // a token of a rate, may be gone in the next one.
    if (is_held) continue;
    waits = !connection.may_continue();
    if (waits) break;
  }
  if (draining_ != Draining::no && is_established()) {
    waits = waits && consumed < in.size();
    draining_ = waits ? Draining::waits : Draining::delivered;
    if (!waits) say_goodbye(connection);
  }
  return server_ == nullptr || state_ == State::closed ? in.size() : consumed;
}

bool WebSocketProtocol::handle(Connection& connection, const WebSocketRead& read) {
  switch (read.event) {
    case WebSocketEvent::need_more:
      return false;
    case WebSocketEvent::held:
      on_held(connection, read.payload);
      return may_deliver();
    case WebSocketEvent::message:
      handle_message(connection, read);
      break;
    case WebSocketEvent::ping:
      if (is_established()) send_frame(WebSocketOpcode::pong, read.payload);
      break;
    case WebSocketEvent::close:
      handle_close(connection, read.payload);
      break;
    case WebSocketEvent::fault:
      fail(connection, read.fault);
      break;
    case WebSocketEvent::part:
    case WebSocketEvent::pong:  // pinged_ is false already
      break;
  }
  return true;
}

void WebSocketProtocol::handle_message(Connection& connection, const WebSocketRead& read) {
  had_message_ = true;
  if (is_established()) {
    on_message(connection, read.is_text ? WebSocketKind::text : WebSocketKind::binary,
               read.payload);
  }
  if (server_ == nullptr) return;
  WebSocketIntake& intake = server_->intake_;
  // Not `= {}`, which keeps the memory.
  for (std::vector<std::byte>* bytes : {&intake.assembled, &intake.expanded}) {
    if (bytes->capacity() > kKeptRoom) std::vector<std::byte>().swap(*bytes);
  }
}

// Section 7.1.4: the server closes the connection first.
void WebSocketProtocol::handle_close(Connection& connection, Bytes payload) {
  const WebSocketClose close = WebSocketClose::read(payload);
  if (close.fault) return fail(connection, close.fault);
  code_ = close.code;
  if (is_established()) send_close(close.code, {});
  state_ = State::closed;
  IdleList::Node::unlink();
  connection.close();
}

void WebSocketProtocol::on_silent(IdleList::Node& node) {
  auto& socket = static_cast<WebSocketProtocol&>(node);
  Connection& connection = *socket.connection_;
  if (connection.state() != Connection::State::open) return;
  // The peer is not silent if its answer would not be read, or if a message to it is on its way.
  const bool waits = connection.paused() || connection.queued() > 0;
  if (!waits && socket.pinged_) return connection.abort();
  try {
    if (!waits) socket.send_frame(WebSocketOpcode::ping, {});
    socket.pinged_ = !waits;
    socket.server_->silent_.touch(socket);
  } catch (const std::bad_alloc&) {
    connection.abort();  // nothing would watch it
  }
}

void WebSocketProtocol::on_unanswered(IdleList::Node& node) {
  static_cast<WebSocketProtocol&>(node).connection_->close();
}

}  // namespace sluice
