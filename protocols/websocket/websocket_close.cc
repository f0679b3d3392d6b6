#include "websocket_close.h"

#include "../../reactor/base/text/utf8.h"

namespace sluice {

bool WebSocketCode::is_valid(std::uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

WebSocketClose WebSocketClose::read(std::span<const std::byte> payload) noexcept {
  WebSocketClose close;
  if (payload.empty()) return close;
  if (payload.size() == 1) {
    close.fault = {WebSocketCode::kProtocolError, "a Close frame with half a code"};
    return close;
  }
  close.code = static_cast<std::uint16_t>(static_cast<unsigned>(payload[0]) << 8U |
                                          static_cast<unsigned>(payload[1]));
  const auto reason = payload.subspan(2);
  close.reason = {reinterpret_cast<const char*>(reason.data()), reason.size()};
  if (!WebSocketCode::is_valid(close.code)) {
    close.fault = {WebSocketCode::kProtocolError, "a Close frame with a code that is not allowed"};
  } else if (!is_utf8(reason)) {
    close.fault = {WebSocketCode::kInvalidData, "the reason of a Close frame is not UTF-8"};
  }
  return close;
}

}  // namespace sluice
