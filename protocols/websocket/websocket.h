// A handler that receives and sends WebSocket messages, and what the connections of a server share.
//
//   class Shout final : public sluice::WebSocketProtocol {
//     using WebSocketProtocol::WebSocketProtocol;
//     void on_message(sluice::Connection&, sluice::WebSocketKind kind, Bytes message) override {
//       send_message(kind, message);
//     }
//   };
//
// What it is: a Protocol for the server's side of RFC 6455, and of permessage-deflate if
// WebSocketOptions::deflate is set. It answers the
// handshake, delivers each message whole, answers pings, and closes with the code that the RFC has
// for an error of the peer. Derive a class from WebSocketProtocol, or pass a function to
// websocket(). It works over TCP, TLS and Unix sockets.
//
//   handshake -> established -> closing -> closed
//        \_____________\___________\_______/
//
// Flow: one read may contain many messages. on_message() runs for each in order, and stops when the
// connection is paused or its part of the turn is used up (Connection::may_continue()).
// Lifetime: one WebSocketProtocol for each connection, which owns it. The WebSocketServer must be
// destroyed before its loop; its destructor closes the connections with 1001.
// Thread: the loop's.
// Errors: an error of the peer ends the WebSocket with a Close frame (WebSocketCode), and then the
// connection. std::bad_alloc closes the connection, as for every handler.
// Memory: see WebSocketOptions. An idle connection has an object of about 80 bytes.
// Source: RFC 6455, RFC 7692.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "../../reactor/base/export.h"
#include "../../reactor/base/payload.h"
#include "../../reactor/loop/idle_list.h"
#include "../../reactor/stream/protocol.h"
#include "../http/http_head.h"
#include "../http/http_response.h"
#include "websocket_close.h"
#include "websocket_reader.h"

namespace sluice {

class WebSocketServer;

enum class WebSocketKind : std::uint8_t { text, binary };

// A message for any number of connections: encoded once, and shared. REQUIRES: a text is UTF-8.
SLUICE_EXPORT Payload websocket_message(WebSocketKind kind, std::span<const std::byte> message);

// Messages for any number of connections: encoded once, and compressed once if some of them have
// agreed on that. Several are sent one after the other, in one write where that is possible.
// Lifetime: it has its own copy. Errors: what adds or sends throws std::bad_alloc.
class SLUICE_EXPORT WebSocketBroadcast {
 public:
  WebSocketBroadcast() = default;
  // REQUIRES: a text is UTF-8.
  WebSocketBroadcast(WebSocketKind kind, std::span<const std::byte> message) { add(kind, message); }

  // Another one, after those that it has. REQUIRES: as above; and it was not sent.
  void add(WebSocketKind kind, std::span<const std::byte> message);
  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }
  // Bytes, with the heads of the frames.
  [[nodiscard]] std::size_t size() const noexcept { return frames_.size(); }
  // The messages, without boundaries.
  [[nodiscard]] Payload contents() const;
  // Afterwards it is empty, and may be used again. Keeps its memory.
  void clear() noexcept;

 private:
  friend class WebSocketProtocol;
  struct Part {
    WebSocketKind kind;
    std::size_t begin;  // of the message in frames_
    std::size_t size;
  };
  [[nodiscard]] SLUICE_LOCAL std::span<const std::byte> message(const Part& part) const noexcept {
    return std::span(frames_).subspan(part.begin, part.size);
  }
  [[nodiscard]] SLUICE_LOCAL const Payload& plain();
  [[nodiscard]] SLUICE_LOCAL const Payload& deflated(WebSocketDeflate& deflate);

  std::vector<Part> parts_;
  std::vector<std::byte> frames_;
  std::size_t longest_ = 0;  // message
  bool was_deflated_ = false;
  Payload plain_;
  Payload deflated_;  // empty if all are better sent plain
};

class SLUICE_EXPORT WebSocketProtocol : public Protocol, private IdleList::Node {
 public:
  using Bytes = std::span<const std::byte>;

  explicit WebSocketProtocol(WebSocketServer& server) noexcept;
  ~WebSocketProtocol() override;

  // Sends a message. Does nothing before on_established(), and after close().
  // REQUIRES: a text is UTF-8.
  void send_message(WebSocketKind kind, Bytes message);
  void send_message(WebSocketKind kind, std::string_view message) {
    send_message(kind, std::as_bytes(std::span(message.data(), message.size())));
  }
  // The same for one that is shared. REQUIRES: websocket_message() has made it.
  void send_message(const Payload& message);
  // The same, compressed if the client has agreed on that.
  void send_message(WebSocketBroadcast& message);
  // Sends a Close frame; messages that arrive after this are dropped. The connection closes when
  // the peer has answered, or after WebSocketOptions::close_timeout. Does nothing if it is closing
  // already. REQUIRES: WebSocketCode::is_valid(code); `reason` is UTF-8 of at most
  // WebSocketClose::kMaxReason bytes.
  void close(std::uint16_t code = WebSocketCode::kNormal, std::string_view reason = {});

  // Messages can be sent, and arrive.
  [[nodiscard]] bool is_established() const noexcept { return state_ == State::established; }
  // The one that was agreed on, of WebSocketOptions::subprotocols; empty if none was.
  [[nodiscard]] std::string_view subprotocol() const noexcept;
  // Both sides may compress messages; the client expands with a window of 2^window_bits() bytes.
  [[nodiscard]] bool may_deflate() const noexcept { return window_bits_ != 0; }
  [[nodiscard]] std::uint8_t window_bits() const noexcept { return window_bits_; }
  // REQUIRES: after on_open(), and before on_close() has returned.
  [[nodiscard]] Connection& connection() const noexcept { return *connection_; }

  void on_open(Connection& connection) final;
  std::size_t on_data(Connection& connection, Bytes in) final;
  void on_eof(Connection& connection) final;
  // Sends a Close frame with 1001 when what has arrived has been delivered. A message that is held,
  // or that the turn's budget postpones, delays it.
  void on_drain(Connection& connection) final;
  void on_close(Connection& connection, std::error_code reason) final;

 protected:
  // A valid handshake has arrived. A response refuses it: 404 for a wrong path, for example. By
  // default every path is accepted.
  virtual std::optional<HttpResponse> on_request(Connection& connection,
                                                 const HttpRequest& request);
  // The handshake has been answered.
  virtual void on_established(Connection& connection);
  // A whole message. It is valid until this returns. A text is UTF-8.
  virtual void on_message(Connection& connection, WebSocketKind kind, Bytes message) = 0;
  // Whether a message may be delivered now. If it is false when one has arrived, on_held() runs.
  // That either pauses the connection, and the message is offered again when it is resumed, or
  // makes may_deliver() true, and the message is delivered next. `start` is the beginning of the
  // message, at most WebSocketReader::kMaxPeeked bytes. It is valid until this returns, and not
  // checked yet: a text may be invalid UTF-8.
  [[nodiscard]] virtual bool may_deliver() const noexcept { return true; }
  virtual void on_held(Connection& /*connection*/, Bytes /*start*/) {}
  // The listener or the loop begins to drain. Messages that have arrived are still delivered, and
  // the Close frame follows at the end of the turn.
  virtual void on_draining(Connection& /*connection*/) {}
  // Runs once, last, if on_established() has run. `code` is the one of the peer's Close frame,
  // kNone if that had none, or kAbnormal if there was no such frame. `reason` is that of the
  // connection.
  virtual void on_closed(Connection& /*connection*/, std::uint16_t /*code*/,
                         std::error_code /*reason*/) {}

 private:
  friend class WebSocketServer;
  enum class State : std::uint8_t { handshake, established, closing, closed };
  static constexpr std::uint8_t kNoSubprotocol = UINT8_MAX;

  SLUICE_LOCAL std::size_t read_head(Connection& connection, Bytes in);
  SLUICE_LOCAL void answer(Connection& connection, const HttpRequest& request);
  SLUICE_LOCAL std::optional<HttpResponse> agree_on_deflate(const HttpRequest& request,
                                                            std::string& extensions);
  SLUICE_LOCAL std::size_t read_frames(Connection& connection, Bytes in);
  // Whether more frames may be read.
  SLUICE_LOCAL bool handle(Connection& connection, const WebSocketRead& read);
  SLUICE_LOCAL void handle_message(Connection& connection, const WebSocketRead& read);
  SLUICE_LOCAL void handle_close(Connection& connection, Bytes payload);
  SLUICE_LOCAL void say_goodbye(Connection& connection);
  SLUICE_LOCAL void fail(Connection& connection, const WebSocketFault& fault);
  // `compressed`: the payload is in the form of DEFLATE.
  SLUICE_LOCAL void send_frame(WebSocketOpcode opcode, Bytes payload, bool compressed = false);
  SLUICE_LOCAL void send_close(std::uint16_t code, std::string_view reason);
  SLUICE_LOCAL void detach() noexcept;
  SLUICE_LOCAL static void on_silent(IdleList::Node& node);
  SLUICE_LOCAL static void on_unanswered(IdleList::Node& node);

  // Ordered by size, because there may be very many.
  std::uint16_t code_ = WebSocketCode::kAbnormal;  // of the peer's Close frame
  State state_ = State::handshake;
  std::uint8_t subprotocol_ = kNoSubprotocol;
  std::uint8_t window_bits_ = 0;  // of the peer, which expands our messages; 0: we do not compress
  WebSocketServer* server_;
  Connection* connection_ = nullptr;
  WebSocketReader reader_;
  HttpHeadDecoder head_;
  std::uint32_t place_ = 0;  // in the server's list
  bool pinged_ = false;      // nothing has come since
  bool was_established_ = false;
  bool had_message_ = false;  // in this on_data(), one has ended
  // In a drain: whether the Close frame waits for messages that have arrived.
  enum class Draining : std::uint8_t { no, delivered, waits };
  Draining draining_ = Draining::no;
};

// Called for each message; answers with socket.send_message(kind, answer).
using WebSocketFunction = std::function<void(WebSocketProtocol& socket, WebSocketKind kind,
                                             std::span<const std::byte> message)>;

// For a Listener: makes handlers that call `function` for each message. Each handler has a copy of
// the function. REQUIRES: `function` is not empty; the listener is not used after the server is
// destroyed.
SLUICE_EXPORT ProtocolFactory websocket(WebSocketServer& server, WebSocketFunction function);

}  // namespace sluice

#endif
