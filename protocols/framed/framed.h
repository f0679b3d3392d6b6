// A handler that receives and sends whole messages.
//
// What it is: a Protocol with a Framing, which the connections of a listener share, and a decoder
// for its connection. Derive a class from it, or pass a function to framed().
//
//   class Shout final : public sluice::FramedProtocol {
//     using FramedProtocol::FramedProtocol;
//     void on_message(sluice::Connection& connection, Bytes message) override {
//       send_message(connection, message);
//     }
//   };
//
// Flow: one read may contain many messages. on_message() runs for each in order, and stops as soon
// as the handler or backpressure pauses the connection, or it is no longer open. The connection
// keeps the other messages until it reads again. It also stops when the connection's part of the
// turn is used up (Connection::may_continue()), and continues in the next turn.
// Errors: on_message() never gets a frame that is malformed or too long, nor a part of one.
// on_framing_error() runs instead. After that, with FramingOptions::strict, the connection closes
// when it has flushed its output. Otherwise the frame is skipped if the codec can find its end.
// The end: in every framing, it is an error if the peer half-closes inside a frame. So a last line
// without LF is not a message: a peer that crashes in the middle of a line looks the same.
// Memory: an incomplete frame stays in the connection's input buffer. REQUIRES:
// ConnectionOptions::input_limit >= Framing::input_limit().
// Lifetime: one object for each connection; REQUIRES that the Framing outlives it.
// Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_FRAMED_FRAMED_H
#define SLUICE_PROTOCOLS_FRAMED_FRAMED_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "../../reactor/base/export.h"
#include "../../reactor/stream/protocol.h"
#include "../codec/codec_error.h"
#include "../codec/decoder.h"
#include "framing.h"

namespace sluice {

class SLUICE_EXPORT FramedProtocol : public Protocol {
 public:
  using Bytes = Framing::Bytes;

  explicit FramedProtocol(Framing& framing) noexcept
      : framing_(framing), decoder_(framing.codec(), framing.limit()) {}

  [[nodiscard]] Framing& framing() const noexcept { return framing_; }

  std::size_t on_data(Connection& connection, Bytes in) final;
  void on_eof(Connection& connection) final;

 protected:
  // A whole message, which may be empty. It is valid until this returns.
  virtual void on_message(Connection& connection, Bytes message) = 0;
  // The peer has half-closed, and on_message() has run for all messages. By default this closes the
  // connection after it has flushed its output.
  virtual void on_end(Connection& connection);
  // A frame is rejected; error.offset counts from the start of the stream. After this returns, the
  // frame is skipped if error.can_skip, and the connection closes otherwise. By default this calls
  // Framing::report().
  virtual void on_framing_error(Connection& connection, const CodecError& error);

  // Calls Framing::send(), and returns its result.
  CodecError send_message(Connection& connection, Bytes message) {
    return framing_.send(connection, message);
  }

 private:
  SLUICE_LOCAL void reject(Connection& connection, CodecError error);
  SLUICE_LOCAL void finish(Connection& connection, std::size_t unconsumed);

  Framing& framing_;
  Decoder decoder_;
  std::uint64_t skip_until_ = 0;  // the stream position at which skipping ends in an error
  bool interrupted_ = false;      // the unconsumed input may contain whole frames
  bool ended_ = false;            // the peer has half-closed; on_end() waits for these frames
};

// Called for each message. It sends answers with framing.send(connection, answer).
using MessageFunction =
    std::function<void(Connection& connection, Framing& framing, std::span<const std::byte>)>;

// For a Listener: makes handlers that call `function` for each message. Each handler has a copy of
// the function, and so of what it captures by value. REQUIRES: `function` is not empty; `framing`
// outlives the connections.
SLUICE_EXPORT ProtocolFactory framed(Framing& framing, MessageFunction function);

}  // namespace sluice

#endif
