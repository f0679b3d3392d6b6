// Finds the messages of a peer in a stream of bytes: fragments, control frames, UTF-8.
//
// What it is: a decoder without a loop or a socket. A message that has arrived whole is unmasked in
// one pass into memory that all connections share. A part of one is kept here, without its mask, so
// text that is not UTF-8 is found as soon as it arrives.
// Memory: eight bytes, and while a message is incomplete what has arrived of it: at most
// WebSocketIntake::max_message, and of all readers together at most max_pending. What a header
// only announces gets no memory.
// Lifetime: REQUIRES that the WebSocketIntake outlives it.
// Thread: the loop's. Errors: a fault has the code for the Close frame; std::bad_alloc.
// Compressed messages: with WebSocketIntake::deflate, what is kept is compressed, and a message is
// expanded when it has arrived whole, up to max_message.
// Source: RFC 6455, sections 5.4, 5.5, 5.6, 8.1; RFC 7692, section 6.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_READER_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_READER_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "websocket_close.h"
#include "websocket_frame.h"

namespace sluice {

class WebSocketDeflate;

// What the readers of a server share; a client has one reader.
struct WebSocketIntake {
  std::size_t max_message;
  std::size_t max_fragments;  // frames of a message
  std::size_t max_pending;    // bytes of all messages that have not arrived whole
  std::size_t pending = 0;
  WebSocketSide from = WebSocketSide::client;  // the peers
  WebSocketDeflate* deflate = nullptr;         // REQUIRES: not null for a reader that may_deflate
  std::vector<std::byte> whole;          // the last message, or the payload of a control frame
  std::vector<std::byte> assembled;      // the last message that had been kept in a reader
  std::vector<std::byte> expanded = {};  // the last one that was compressed
};

enum class WebSocketEvent : std::uint8_t {
  need_more,
  part,     // a frame has ended that does not end a message: read on
  message,  // text or binary
  held,     // a message is complete, but may not be delivered now; its text is not checked
  ping,
  pong,
  close,
  fault
};

struct WebSocketRead {
  WebSocketEvent event = WebSocketEvent::need_more;
  std::size_t consumed = 0;
  bool is_text = false;
  // Of a message or a control frame, until the next read() with the same intake. Of a message that
  // is held only the first kMaxPeeked bytes.
  std::span<const std::byte> payload = {};
  WebSocketFault fault = {};
};

class WebSocketReader {
 public:
  using Bytes = std::span<const std::byte>;
  static constexpr std::size_t kMaxPeeked = 8192;  // bytes of a message that is held

  WebSocketReader() noexcept;
  WebSocketReader(const WebSocketReader&) = delete;
  WebSocketReader& operator=(const WebSocketReader&) = delete;
  ~WebSocketReader();

  // Reads up to the end of a frame. `in` begins where the last one stopped, whatever it returned.
  // Without `may_deliver`, a message that would be complete is `held`: its last part stays in `in`.
  // With `may_deflate`, messages may be compressed: the same at each call.
  // REQUIRES: not called after a fault.
  [[nodiscard]] WebSocketRead read(Bytes in, WebSocketIntake& intake, bool may_deliver = true,
                                   bool may_deflate = false);
  // A message has begun that has not arrived whole.
  [[nodiscard]] bool is_inside() const noexcept { return partial_ != nullptr; }
  void reset() noexcept;

 private:
  struct Partial;

  WebSocketRead read_frame(Bytes in, WebSocketIntake& intake, bool may_deliver, bool may_deflate);
  WebSocketRead read_payload(Bytes in, WebSocketIntake& intake, bool may_deliver);
  WebSocketRead read_whole(Bytes payload, const WebSocketHeader& header,
                           WebSocketIntake& intake) const;
  WebSocketRead finish(WebSocketIntake& intake);
  struct Last;
  // The beginning of the message that would be complete with `last`. Changes only `intake`'s memory
  // for messages.
  WebSocketRead hold(const Last& last, WebSocketIntake& intake) const;
  [[nodiscard]] WebSocketFault check(const WebSocketHeader& header,
                                     const WebSocketIntake& intake) const noexcept;

  std::unique_ptr<Partial> partial_;
};

}  // namespace sluice

#endif
