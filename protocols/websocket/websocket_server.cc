#include "websocket_server.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "../../reactor/loop/loop.h"
#include "../http/http_head.h"
#include "websocket.h"
#include "websocket_deflate.h"

namespace sluice {

WebSocketServer::WebSocketServer(Loop& loop, const WebSocketOptions& options, HttpHandler* pages,
                                 WallClock clock)
    : options_(options),
      pages_(pages),
      clock_(std::move(clock)),
      deflate_(options.deflate ? std::make_unique<WebSocketDeflate>() : nullptr),
      intake_{.max_message = options.max_message,
              .max_fragments = options.max_fragments,
              .max_pending = options.max_pending,
              .deflate = deflate_.get(),
              .whole = {},
              .assembled = {}},
      silent_(loop, options.ping_interval, WebSocketProtocol::on_silent),
      closing_(loop, options.close_timeout, WebSocketProtocol::on_unanswered) {
  assert(clock_);
  assert(options_.subprotocols.size() < WebSocketProtocol::kNoSubprotocol);
}

WebSocketServer::~WebSocketServer() {
  for (WebSocketProtocol* const socket : sockets_) socket->detach();
}

void WebSocketServer::prepare(ConnectionOptions& options) const noexcept {
  // A head, or the rest of a read that the handler was not allowed to finish: two reads, because a
  // drain of the loop may read once more before the handler gets the rest again.
  options.input_limit =
      std::max(options.input_limit, HttpHeadDecoder::kMaxHead + 2 * Loop::kReadBufferSize);
  const std::size_t frame = options_.max_message + WebSocketFrameHead::kMaxSize;
  options.queue_limit = std::max(options.queue_limit, options.high_water + frame);
  if (options.first_message_timeout.count() <= 0) {
    options.first_message_timeout = options_.handshake_timeout;
  }
}

void WebSocketServer::add(WebSocketProtocol& socket) {
  socket.place_ = static_cast<std::uint32_t>(sockets_.size());
  sockets_.push_back(&socket);
}

void WebSocketServer::remove(WebSocketProtocol& socket) noexcept {
  sockets_.back()->place_ = socket.place_;
  sockets_[socket.place_] = sockets_.back();
  sockets_.pop_back();
}

}  // namespace sluice
