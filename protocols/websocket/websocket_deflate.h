// Compresses and expands the messages of permessage-deflate. Not installed.
//
// What it is: the state of zlib, which all connections of a server share, because no message refers
// to an earlier one (no context takeover, in both directions). So a connection has no state of its
// own, and a message for many is compressed once.
// Memory: about 300 KiB for compressing and 40 KiB for expanding, each from its first use on, and
// the last compressed message, of at most kMaxDeflated bytes.
// Lifetime: what a function returns is valid until the next call. Thread: the loop's.
// Errors: std::bad_alloc.
// Source: RFC 7692, section 7; RFC 1951; zlib.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_DEFLATE_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_DEFLATE_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace sluice {

class WebSocketDeflate {
 public:
  using Bytes = std::span<const std::byte>;
  // Smaller messages gain nothing, and larger ones would hold up the loop for milliseconds.
  static constexpr std::size_t kMinDeflated = 32;
  static constexpr std::size_t kMaxDeflated = std::size_t{256} * 1024;
  static constexpr std::uint8_t kMaxWindowBits = 15;

  WebSocketDeflate() noexcept;
  WebSocketDeflate(const WebSocketDeflate&) = delete;
  WebSocketDeflate& operator=(const WebSocketDeflate&) = delete;
  ~WebSocketDeflate();

  // The message compressed, for a peer with a window of 2^window_bits bytes. Empty if it is better
  // sent as it is: it does not get shorter, or is longer than the window, back into which a
  // compressed one could refer.
  [[nodiscard]] Bytes deflate(Bytes message, std::uint8_t window_bits);
  // Whether a message of `size` refers back no further than a window has bytes.
  [[nodiscard]] static constexpr bool fits(std::size_t size, std::uint8_t window_bits) noexcept {
    return window_bits >= kMaxWindowBits || size <= std::size_t{1} << window_bits;
  }

  enum class Result : std::uint8_t { whole, too_big, invalid };
  // Expands a message into `out`, and stops at the first byte above `limit`: then `out` has
  // `limit` bytes.
  [[nodiscard]] Result inflate(Bytes message, std::size_t limit, std::vector<std::byte>& out);

  // The most bytes that a message of `size` has in the form of DEFLATE: blocks without compression.
  [[nodiscard]] static constexpr std::size_t most_deflated(std::size_t size) noexcept {
    return size + size / 1024 + 64;
  }

 private:
  struct Deflater;
  struct Inflater;

  std::unique_ptr<Deflater> deflater_;
  std::unique_ptr<Inflater> inflater_;
  std::vector<std::byte> deflated_;
};

}  // namespace sluice

#endif
