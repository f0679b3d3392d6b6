// Why a WebSocket closes: the status codes, and the payload of a Close frame.
//
// Thread: any. Errors: none.
// Source: RFC 6455, sections 5.5.1 and 7.4; the IANA registry of close codes for 1012 to 1014.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_CLOSE_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_CLOSE_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "../../reactor/base/export.h"

namespace sluice {

struct WebSocketCode {
  static constexpr std::uint16_t kNormal = 1000;
  static constexpr std::uint16_t kGoingAway = 1001;
  static constexpr std::uint16_t kProtocolError = 1002;
  static constexpr std::uint16_t kUnacceptable = 1003;  // the kind of message
  static constexpr std::uint16_t kNone = 1005;          // never sent: a Close without a code
  static constexpr std::uint16_t kAbnormal = 1006;      // never sent: the end without a Close
  static constexpr std::uint16_t kInvalidData = 1007;   // text that is not UTF-8
  static constexpr std::uint16_t kPolicy = 1008;
  static constexpr std::uint16_t kTooBig = 1009;
  static constexpr std::uint16_t kInternalError = 1011;
  static constexpr std::uint16_t kTryAgainLater = 1013;

  // May stand in a Close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999.
  SLUICE_EXPORT static bool is_valid(std::uint16_t code) noexcept;
};

// A violation of the protocol: the code for the Close frame. False: there is none.
struct WebSocketFault {
  std::uint16_t code = 0;
  std::string_view why = {};  // a literal in ASCII, short enough for a Close frame
  explicit operator bool() const noexcept { return code != 0; }
};

struct WebSocketClose {
  // Bytes; with the code it fills a control frame.
  static constexpr std::size_t kMaxReason = 123;

  std::uint16_t code = WebSocketCode::kNone;
  std::string_view reason = {};  // UTF-8; points into the payload
  WebSocketFault fault = {};     // then the others mean nothing

  static WebSocketClose read(std::span<const std::byte> payload) noexcept;
};

}  // namespace sluice

#endif
