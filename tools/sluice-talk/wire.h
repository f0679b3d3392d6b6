// Encodes the messages that are sent, and splits the bytes that arrive into messages.
//
// What it is: a framing by name, or none: then bytes are sent unchanged. A datagram is a message by
// itself, and so is one of WebSocket.
// Errors: the constructor throws UsageError; encode() returns what is wrong with a message.
// Lifetime: outlives the connections that use framing(). Thread: one.
#ifndef SLUICE_TOOLS_SLUICE_TALK_WIRE_H
#define SLUICE_TOOLS_SLUICE_TALK_WIRE_H

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "../../protocols/framed/framing.h"

namespace sluice::tools::talk {

struct WireOptions {
  std::string framing = "none";  // or what parse_codec() reads
  bool crlf = false;             // lines end in CR LF; REQUIRES: framing line or none
  bool datagrams = false;
  bool websocket = false;  // text messages of WebSocket; REQUIRES: framing none
};

class Wire {
 public:
  // No longer message is received; what a framing cannot say is less.
  static constexpr std::size_t kMaxMessage = 16 * 1024 * 1024;
  static constexpr std::size_t kMaxDatagram = 65'507;  // over IPv4

  explicit Wire(const WireOptions& options);

  // Appends the encoded message to `to`. Returns why it cannot be encoded, or "".
  std::string encode(std::string_view message, std::string& to);

  [[nodiscard]] bool framed() const noexcept { return framing_ != nullptr; }
  // False: bytes arrive, and it is not known where a message ends.
  [[nodiscard]] bool has_messages() const noexcept { return framed() || datagrams_ || websocket_; }
  // What arrives. REQUIRES: framed().
  [[nodiscard]] Framing& framing() noexcept { return *framing_; }
  // The last line of a stream may lack its line feed.
  [[nodiscard]] bool lines() const noexcept { return lines_; }
  [[nodiscard]] bool sends_lines_as_they_are() const noexcept {
    return lines_ && !datagrams_ && crlf_ == nullptr;
  }

 private:
  std::unique_ptr<Framing> framing_;   // null: none
  std::unique_ptr<const Codec> crlf_;  // for sending, where it is another one
  bool lines_ = false;
  bool datagrams_;
  bool websocket_;
  std::string tail_;  // of what is not framed
};

}  // namespace sluice::tools::talk

#endif
