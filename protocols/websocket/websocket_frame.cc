#include "websocket_frame.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace sluice {
namespace {

constexpr unsigned kFinal = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kDeflated = 0x40;  // RSV1
constexpr unsigned kOpcode = 0x0F;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLengthBits = 0x7F;
constexpr std::uint64_t kLength16 = 126;  // the length is in the next two bytes
constexpr std::uint64_t kLength64 = 127;  // in the next eight

constexpr WebSocketFault wrong(std::string_view why) noexcept {
  return {WebSocketCode::kProtocolError, why};
}

bool is_known(unsigned opcode) noexcept {
  return opcode <= 0x2 || (opcode >= 0x8 && opcode <= 0xA);
}

WebSocketFault check_first(unsigned first, bool may_deflate) noexcept {
  const unsigned opcode = first & kOpcode;
  const bool begins = opcode == 0x1 || opcode == 0x2;
  const unsigned allowed = may_deflate && begins ? kDeflated : 0;
  if ((first & kReserved & ~allowed) != 0) return wrong("a reserved bit is set");
  if (!is_known(opcode)) return wrong("a reserved opcode");
  if ((first & 0x8U) != 0 && (first & kFinal) == 0) return wrong("a control frame is fragmented");
  return {};
}

WebSocketFault check_second(unsigned second, bool is_control, WebSocketSide from) noexcept {
  const bool is_masked = (second & kMasked) != 0;
  if (from == WebSocketSide::client && !is_masked) {
    return wrong("a frame of a client is not masked");
  }
  if (from == WebSocketSide::server && is_masked) return wrong("a frame of a server is masked");
  if (is_control && (second & kLengthBits) > kMaxControlPayload) {
    return wrong("a control frame is longer than 125 bytes");
  }
  return {};
}

// Section 5.2: in the shortest form, and less than 2^63.
WebSocketFault check_length(std::uint64_t length, std::size_t size) noexcept {
  if (size == 2 && length < kLength16) return wrong("a length is not in its shortest form");
  if (size == 8 && length <= UINT16_MAX) return wrong("a length is not in its shortest form");
  if (length > INT64_MAX) return wrong("a length has its highest bit set");
  return {};
}

}  // namespace

WebSocketHeaderResult read_websocket_header(std::span<const std::byte> in, WebSocketSide from,
                                            bool may_deflate) noexcept {
  WebSocketHeaderResult result;
  WebSocketHeader& header = result.header;
  if (in.empty()) return result;
  const auto first = static_cast<unsigned>(in[0]);
  result.fault = check_first(first, may_deflate);
  if (result.fault) return result;
  header.is_final = (first & kFinal) != 0;
  header.opcode = static_cast<WebSocketOpcode>(first & kOpcode);
  header.is_deflated = (first & kDeflated) != 0;
  if (in.size() < 2) return result;
  const auto second = static_cast<unsigned>(in[1]);
  result.fault = check_second(second, header.is_control(), from);
  if (result.fault) return result;
  header.length = second & kLengthBits;
  const std::size_t extended = header.length == kLength16 ? 2 : header.length == kLength64 ? 8 : 0;
  if (in.size() < 2 + extended) return result;
  if (extended > 0) {
    header.length = 0;
    for (const std::byte byte : in.subspan(2, extended)) {
      header.length = header.length << 8U | static_cast<unsigned>(byte);
    }
    result.fault = check_length(header.length, extended);
    if (result.fault) return result;
  }
  const std::size_t masks = from == WebSocketSide::client ? header.mask.size() : 0;
  if (in.size() < 2 + extended + masks) return result;
  std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(2 + extended), masks, header.mask.begin());
  header.size = 2 + extended + masks;
  return result;
}

void apply_websocket_mask(std::span<const std::byte> in, const WebSocketMask& mask,
                          std::uint64_t at, std::byte* out) noexcept {
  // A word at a time: the mask repeats within it, turned to where the first byte is.
  std::array<std::byte, sizeof(std::uint64_t)> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned.at(i) = mask.at((at + i) % mask.size());
  std::uint64_t key = 0;
  std::memcpy(&key, turned.data(), sizeof(key));
  std::size_t done = 0;
  for (; done + sizeof(key) <= in.size(); done += sizeof(key)) {
    std::uint64_t word = 0;
    std::memcpy(&word, in.data() + done, sizeof(word));
    word ^= key;
    std::memcpy(out + done, &word, sizeof(word));
  }
  for (std::size_t i = 0; done < in.size(); ++done, ++i) out[done] = in[done] ^ turned.at(i);
}

WebSocketFrameHead::WebSocketFrameHead(WebSocketOpcode opcode, std::uint64_t length) noexcept {
  bytes_[0] = static_cast<std::byte>(kFinal | static_cast<unsigned>(opcode));
  const std::size_t extended = length < kLength16 ? 0 : length <= UINT16_MAX ? 2 : 8;
  bytes_[1] = static_cast<std::byte>(extended == 0   ? length
                                     : extended == 2 ? kLength16
                                                     : kLength64);
  for (std::size_t i = 0; i < extended; ++i) {
    bytes_.at(2 + i) = static_cast<std::byte>(length >> (8 * (extended - 1 - i)));
  }
  size_ = 2 + extended;
}

WebSocketFrameHead::WebSocketFrameHead(WebSocketOpcode opcode, std::uint64_t length,
                                       const WebSocketMask& mask) noexcept
    : WebSocketFrameHead(opcode, length) {
  bytes_[1] |= static_cast<std::byte>(kMasked);
  for (const std::byte byte : mask) bytes_.at(size_++) = byte;
}

WebSocketClosePayload::WebSocketClosePayload(std::uint16_t code, std::string_view reason) noexcept {
  assert(code == WebSocketCode::kNone ? reason.empty() : WebSocketCode::is_valid(code));
  assert(reason.size() <= WebSocketClose::kMaxReason);
  if (code == WebSocketCode::kNone) return;
  bytes_[0] = static_cast<std::byte>(code >> 8U);
  bytes_[1] = static_cast<std::byte>(code);
  size_ = 2;
  for (const char c : reason) bytes_.at(size_++) = static_cast<std::byte>(c);
}

}  // namespace sluice
