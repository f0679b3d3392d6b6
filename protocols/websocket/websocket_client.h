// The client's side of WebSocket: a handler that receives and sends messages.
//
//   class Watch final : public sluice::WebSocketClientProtocol {
//     using WebSocketClientProtocol::WebSocketClientProtocol;
//     void on_established(sluice::Connection&) override {
//       send_message(sluice::WebSocketKind::text, "hello");
//     }
//     void on_message(sluice::Connection&, sluice::WebSocketKind, Bytes message) override { ... }
//   };
//
//   handshake -> established -> closing -> ended
//        \_____________\___________\______/
//
// What it is: a Protocol for the client's side of RFC 6455, and of permessage-deflate if
// WebSocketClientOptions::deflate is set. It sends the
// handshake with a random key and checks the answer, masks each frame with a random mask, delivers
// each message whole, and answers pings. It works over TCP, TLS and Unix sockets. It follows no
// redirections.
// Flow: as WebSocketProtocol, without may_deliver().
// Lifetime: one for each connection, which owns it. It must be destroyed before the loop.
// Thread: the loop's.
// Errors: on_closed() reports why the WebSocket has ended. An error of the server ends it with a
// Close frame. The constructor and the functions that send throw std::system_error if getentropy()
// gives no random bytes, and std::bad_alloc.
// Memory: about 500 bytes, and the message that is incomplete.
// Source: RFC 6455, RFC 7692.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_CLIENT_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_CLIENT_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/connection_options.h"
#include "../../reactor/stream/protocol.h"
#include "websocket.h"

namespace sluice {

// Units: bytes and milliseconds.
struct WebSocketClientOptions {
  // For the header Host: "example.org", or "example.org:8080" if the port is not that of the
  // scheme. REQUIRES: visible ASCII.
  std::string host = {};
  // With the query: "/chat?room=1". REQUIRES: visible ASCII that begins with '/'.
  std::string path = "/";
  // The names to offer in Sec-WebSocket-Protocol, the best first. REQUIRES: tokens of RFC 9110.
  std::vector<std::string> subprotocols = {};
  // The longest message that is accepted; a longer one ends with 1009.
  std::size_t max_message = std::size_t{1024} * 1024;
  // The frames of one message; more of them end with 1009.
  std::size_t max_fragments = 262'144;
  // Offers permessage-deflate (RFC 7692): if the server accepts, messages are compressed, each by
  // itself. See WebSocketOptions::deflate.
  bool deflate = false;
  // How long the answer to the handshake may take; 0: forever.
  std::chrono::milliseconds handshake_timeout{10'000};
  // How long the server may take to answer a Close frame; 0: forever.
  std::chrono::milliseconds close_timeout{5'000};
};

// Why a WebSocket has ended.
struct WebSocketEnd {
  // Of the server's Close frame; kNone if that had none, and kAbnormal if there was no such frame.
  std::uint16_t code = WebSocketCode::kAbnormal;
  std::string reason{};  // of that frame: UTF-8 of at most WebSocketClose::kMaxReason bytes
  // What was wrong with the server's handshake or frames, in words of sluice; empty: nothing.
  std::string fault{};
  // Of the connection, as in Protocol::on_close().
  std::error_code error{};
};

class SLUICE_EXPORT WebSocketClientProtocol : public Protocol {
 public:
  using Bytes = std::span<const std::byte>;

  explicit WebSocketClientProtocol(WebSocketClientOptions options);
  ~WebSocketClientProtocol() override;

  // Sets the limits of the connection so that the handshake and every message fit, and the
  // handshake's timeout, unless first_message_timeout is set. REQUIRES: used for the options of the
  // connection.
  static void prepare(ConnectionOptions& connection,
                      const WebSocketClientOptions& options) noexcept;

  // Sends a message as one frame. Does nothing before on_established(), and after close().
  // REQUIRES: a text is UTF-8.
  void send_message(WebSocketKind kind, Bytes message);
  void send_message(WebSocketKind kind, std::string_view message) {
    send_message(kind, std::as_bytes(std::span(message.data(), message.size())));
  }
  // Sends a Close frame. Messages still arrive until the server's one. Does nothing if it is
  // closing already; before on_established() it closes the connection. REQUIRES:
  // WebSocketCode::is_valid(code); `reason` is UTF-8 of at most WebSocketClose::kMaxReason bytes.
  void close(std::uint16_t code = WebSocketCode::kNormal, std::string_view reason = {});

  [[nodiscard]] bool is_established() const noexcept { return state_ == State::established; }
  // The one that the server has chosen; empty if it has chosen none.
  [[nodiscard]] std::string_view subprotocol() const noexcept;
  // The server has accepted to compress.
  [[nodiscard]] bool may_deflate() const noexcept { return may_deflate_; }
  // REQUIRES: after on_open(), and before on_close() has returned.
  [[nodiscard]] Connection& connection() const noexcept { return *connection_; }

  void on_open(Connection& connection) final;
  std::size_t on_data(Connection& connection, Bytes in) final;
  void on_eof(Connection& connection) final;
  // Sends a Close frame with 1001.
  void on_drain(Connection& connection) final;
  void on_close(Connection& connection, std::error_code reason) final;

 protected:
  // The server has accepted the handshake.
  virtual void on_established(Connection& connection);
  // A whole message. It is valid until this returns. A text is UTF-8.
  virtual void on_message(Connection& connection, WebSocketKind kind, Bytes message) = 0;
  // Runs once, last, whether or not on_established() has run.
  virtual void on_closed(Connection& /*connection*/, const WebSocketEnd& /*end*/) {}

 private:
  enum class State : std::uint8_t { handshake, established, closing, ended };
  struct Parts;

  SLUICE_LOCAL std::size_t read_answer(Connection& connection, Bytes in);
  SLUICE_LOCAL std::size_t read_frames(Connection& connection, Bytes in);
  // Whether more frames may be read.
  SLUICE_LOCAL bool handle(Connection& connection, const WebSocketRead& read);
  SLUICE_LOCAL void handle_close(Connection& connection, Bytes payload);
  SLUICE_LOCAL void fail(Connection& connection, std::uint16_t code, std::string_view why);
  SLUICE_LOCAL void send_frame(WebSocketOpcode opcode, Bytes payload, bool compressed = false);
  SLUICE_LOCAL void send_close(std::uint16_t code, std::string_view reason);

  std::unique_ptr<Parts> parts_;
  Connection* connection_ = nullptr;
  State state_ = State::handshake;
  bool may_deflate_ = false;
  bool had_message_ = false;  // in this on_data(), one has ended
};

}  // namespace sluice

#endif
