// Random masks for the frames of a client, and the key of its handshake. Not installed.
//
// What it is: getentropy(), asked for 64 masks at a time. RFC 6455, section 10.3: a page that could
// guess the mask could choose the bytes on the wire, and mislead a proxy.
// Thread: the loop's. Errors: std::system_error (the errno of getentropy(): ENOSYS if a filter of
// system calls forbids it).
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_MASKS_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_MASKS_H

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>

#include "../../reactor/base/text/quote.h"
#include "websocket_frame.h"

namespace sluice {

class WebSocketMasks {
 public:
  WebSocketMask next() {
    if (left_ == 0) draw();
    return masks_.at(--left_);
  }
  // 16 bytes in base64.
  std::string key() {
    std::array<WebSocketMask, 4> bytes{};
    for (WebSocketMask& part : bytes) part = next();
    return base64(std::as_bytes(std::span(bytes)));
  }

 private:
  void draw() {
    static_assert(sizeof(masks_) <= 256, "the maximum of getentropy()");
    if (::getentropy(masks_.data(), sizeof masks_) != 0) {
      throw std::system_error(errno, std::system_category(), "WebSocket: getentropy()");
    }
    left_ = masks_.size();
  }

  std::array<WebSocketMask, 64> masks_{};
  std::size_t left_ = 0;
};

}  // namespace sluice

#endif
