// The frames of WebSocket: their headers, read and written, and the mask.
//
// What it is: pure functions of bytes.
// Thread: any. Errors: a WebSocketFault.
// Source: RFC 6455, sections 5.2 and 5.3.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_FRAME_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_FRAME_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "websocket_close.h"

namespace sluice {

enum class WebSocketOpcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA
};

using WebSocketMask = std::array<std::byte, 4>;

// The sender of a frame. A client's frames have a mask, and a server's have none.
enum class WebSocketSide : std::uint8_t { client, server };

inline constexpr std::size_t kMaxControlPayload = 125;  // section 5.5

struct WebSocketHeader {
  WebSocketOpcode opcode = WebSocketOpcode::continuation;
  bool is_final = true;
  std::size_t size = 0;  // of the header itself, in bytes; 0 while it is not complete
  std::uint64_t length = 0;
  WebSocketMask mask = {};   // of zeros if there is none
  bool is_deflated = false;  // RSV1, of the first frame of a message

  [[nodiscard]] bool is_control() const noexcept {
    return (static_cast<unsigned>(opcode) & 0x8U) != 0;
  }
};

struct WebSocketHeaderResult {
  WebSocketHeader header = {};
  WebSocketFault fault = {};
};

// The header of a frame of `from`, with which `in` begins. A fault is found as soon as its byte is
// there: reserved bits and opcodes, a mask that is missing or that a server has used, a control
// frame that is long or fragmented, a length that a shorter form could have, or one with its
// highest bit set. RSV1 is reserved, too, unless both sides have agreed on permessage-deflate
// (`may_deflate`; RFC 7692, section 6): then the first frame of a message may have it.
[[nodiscard]] WebSocketHeaderResult read_websocket_header(std::span<const std::byte> in,
                                                          WebSocketSide from,
                                                          bool may_deflate = false) noexcept;

// Copies `in`, which begins `at` bytes after the beginning of the frame's payload, to `out`, and
// adds the mask or removes it. REQUIRES: `out` has room for it.
void apply_websocket_mask(std::span<const std::byte> in, const WebSocketMask& mask,
                          std::uint64_t at, std::byte* out) noexcept;

// The header of a frame that is the whole message: of a server's, or with a mask of a client's.
class WebSocketFrameHead {
 public:
  static constexpr std::size_t kMaxSize = 14;

  WebSocketFrameHead(WebSocketOpcode opcode, std::uint64_t length) noexcept;
  WebSocketFrameHead(WebSocketOpcode opcode, std::uint64_t length,
                     const WebSocketMask& mask) noexcept;
  // The payload is compressed.
  void set_deflated() noexcept { bytes_[0] |= std::byte{0x40}; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return std::span(bytes_).first(size_);
  }

 private:
  std::array<std::byte, kMaxSize> bytes_{};
  std::size_t size_ = 2;
};

// The payload of a Close frame. REQUIRES: WebSocketCode::kNone without a reason, or a valid code
// and a reason of at most WebSocketClose::kMaxReason bytes.
class WebSocketClosePayload {
 public:
  WebSocketClosePayload(std::uint16_t code, std::string_view reason) noexcept;
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return std::span(bytes_).first(size_);
  }

 private:
  std::array<std::byte, kMaxControlPayload> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace sluice

#endif
