// A handler that is shown whole messages and sends whole messages.
//
// What it is: a Protocol over a Framing: codec, limit and scratch are the listener's, a decoder is
// the connection's. Derive from it, or hand framed() a function.
//
//   class Shout final : public sluice::FramedProtocol {
//     using FramedProtocol::FramedProtocol;
//     void on_message(sluice::Connection& connection, Bytes message) override {
//       send_message(connection, message);
//     }
//   };
//
// Flow: one read may bring many messages; on_message() runs for one after the other. They stop at
// once when the connection is not open any more, or paused, by the handler or by backpressure. What
// was not shown by then stays with the connection, and is shown when it reads again.
// Errors: a frame that is malformed or too long is never shown, nor is a part of one. First
// on_framing_error() is told. Then, with FramingOptions::strict, the connection is closed after
// what was sent before has been flushed; without, the frame is skipped where that is possible.
// The end: when the peer half-closes inside a frame, that is malformed too, in every framing. So a
// last line without its LF is not a message: nothing tells the end of what a peer wanted to say
// from the place where it died while saying it.
// Memory: an incomplete frame waits with the connection. REQUIRES:
// ConnectionOptions::input_limit >= Framing::input_limit().
// Lifetime: one object a connection; the Framing outlives it. Thread: the loop's.
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
  // A whole message, which dies when this returns. It may be empty.
  virtual void on_message(Connection& connection, Bytes message) = 0;
  // The peer will send no more, and every message has been shown. The default flushes, then closes.
  virtual void on_end(Connection& connection);
  // A frame is refused; `error` has its place, counted from the start of the stream. If
  // error.can_skip it is skipped when this returns, else the connection is closed. The default is
  // Framing::report().
  virtual void on_framing_error(Connection& connection, const CodecError& error);

  // Framing::send(), which says what is returned.
  CodecError send_message(Connection& connection, Bytes message) {
    return framing_.send(connection, message);
  }

 private:
  [[nodiscard]] bool goes_on(Connection& connection) const noexcept;
  void refuse(Connection& connection, CodecError error);
  void end(Connection& connection, std::size_t unconsumed);

  Framing& framing_;
  Decoder decoder_;
  std::uint64_t skip_until_ = 0;  // in bytes of the stream, while decoder_ skips
  bool interrupted_ = false;      // there may be whole frames among what is unconsumed
  bool ended_ = false;            // the peer has, and on_end() waits for those
};

// Runs for each message. It answers with framing.send(connection, …).
using MessageFunction =
    std::function<void(Connection& connection, Framing& framing, std::span<const std::byte>)>;

// For a Listener: connections whose messages `function` is shown. Each has a copy of it, so what
// it captures by value is the connection's own. REQUIRES: it is not empty; `framing` outlives the
// connections.
SLUICE_EXPORT ProtocolFactory framed(Framing& framing, MessageFunction function);

}  // namespace sluice

#endif
