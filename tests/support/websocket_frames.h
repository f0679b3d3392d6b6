// The frames of a WebSocket client, as text, for tests of a server.
#ifndef SLUICE_TESTS_SUPPORT_WEBSOCKET_FRAMES_H
#define SLUICE_TESTS_SUPPORT_WEBSOCKET_FRAMES_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::test {

enum class Fin : std::uint8_t { no, yes };

inline constexpr unsigned kContinuation = 0x0;
inline constexpr unsigned kText = 0x1;
inline constexpr unsigned kBinary = 0x2;
inline constexpr unsigned kClose = 0x8;
inline constexpr unsigned kPing = 0x9;
inline constexpr unsigned kPong = 0xA;

// RFC 6455, section 5.2. A server's frame has no mask.
inline std::string frame_of(unsigned opcode, std::string_view payload, bool masked,
                            Fin fin = Fin::yes) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xFFU); };
  std::string frame(1, byte((fin == Fin::yes ? 0x80U : 0U) | opcode));
  const std::size_t bit = masked ? 0x80U : 0U;
  const std::size_t extended = payload.size() < 126 ? 0 : payload.size() < 65'536 ? 2 : 8;
  frame += byte(bit | (extended == 0 ? payload.size() : extended == 2 ? 126U : 127U));
  for (std::size_t i = extended; i-- > 0;) frame += byte(payload.size() >> (8 * i));
  if (!masked) return frame.append(payload);
  constexpr std::array<char, 4> kMask = {'\x37', '\xfa', '\x21', '\x3d'};  // of section 5.7
  frame.append(kMask.data(), kMask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ kMask.at(i % kMask.size()));
  }
  return frame;
}

inline std::string client_frame(unsigned opcode, std::string_view payload, Fin fin = Fin::yes) {
  return frame_of(opcode, payload, true, fin);
}

inline std::string server_frame(unsigned opcode, std::string_view payload) {
  return frame_of(opcode, payload, false);
}

// The payloads of a server's frames. REQUIRES: whole frames of less than 64 KiB.
inline std::vector<std::string> messages_of(std::string_view bytes) {
  std::vector<std::string> messages;
  while (bytes.size() >= 2) {
    std::size_t size = static_cast<unsigned char>(bytes[1]);
    std::size_t head = 2;
    if (size == 126) {
      size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[2])) << 8U |
             static_cast<unsigned char>(bytes[3]);
      head = 4;
    }
    messages.emplace_back(bytes.substr(head, size));
    bytes.remove_prefix(head + size);
  }
  return messages;
}

// The payload of a Close frame.
inline std::string close_payload(unsigned code, std::string_view reason = "") {
  std::string payload(1, static_cast<char>(code >> 8U));
  payload += static_cast<char>(code & 0xFFU);
  return payload.append(reason);
}

}  // namespace sluice::test

#endif
