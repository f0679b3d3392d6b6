// What the WebSocket connections of a program share: limits, timers, and the pages beside them.
//
//   sluice::Loop loop;
//   sluice::WebSocketServer server(loop);
//   sluice::ListenerOptions options;
//   server.prepare(options.connection);
//   const sluice::Listener listener(loop, endpoint, sluice::websocket(server, answer), options);
//
// Lifetime: must be destroyed before its loop, and REQUIRES that its HttpHandler outlives it. The
// destructor closes the connections with 1001; their handlers must not use the server afterwards.
// Thread: the loop's. Errors: std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_SERVER_H
#define SLUICE_PROTOCOLS_WEBSOCKET_WEBSOCKET_SERVER_H

#include <cstddef>
#include <memory>
#include <vector>

#include "../../reactor/base/export.h"
#include "../../reactor/loop/idle_list.h"
#include "../../reactor/stream/connection_options.h"
#include "../http/http_handler.h"
#include "../small/wall_clock.h"
#include "websocket_options.h"
#include "websocket_reader.h"

namespace sluice {

class Loop;
class WebSocketProtocol;

class SLUICE_EXPORT WebSocketServer {
 public:
  // `pages` answers the requests that are no handshakes; without it they are answered with 426.
  // REQUIRES: at most 254 subprotocols.
  explicit WebSocketServer(Loop& loop, const WebSocketOptions& options = {},
                           HttpHandler* pages = nullptr,
                           WallClock clock = std::chrono::system_clock::now);
  WebSocketServer(const WebSocketServer&) = delete;
  WebSocketServer& operator=(const WebSocketServer&) = delete;
  ~WebSocketServer();

  // Sets the limits of the connections so that every handshake and every message fits, and one
  // answer of max_message above high_water; and the handshake's timeout, unless
  // first_message_timeout is set. REQUIRES: used for every listener whose handlers use the server.
  void prepare(ConnectionOptions& options) const noexcept;

  [[nodiscard]] const WebSocketOptions& options() const noexcept { return options_; }
  // Connections, including those whose handshake is not done.
  [[nodiscard]] std::size_t connections() const noexcept { return sockets_.size(); }
  // Compresses for all its connections; null without WebSocketOptions::deflate. For sluice itself.
  [[nodiscard]] WebSocketDeflate* deflate() const noexcept { return deflate_.get(); }
  // Bytes of messages that have not arrived whole.
  [[nodiscard]] std::size_t pending() const noexcept { return intake_.pending; }

 private:
  friend class WebSocketProtocol;

  SLUICE_LOCAL void add(WebSocketProtocol& socket);
  SLUICE_LOCAL void remove(WebSocketProtocol& socket) noexcept;

  WebSocketOptions options_;
  HttpHandler* pages_;
  WallClock clock_;
  std::unique_ptr<WebSocketDeflate> deflate_;
  WebSocketIntake intake_;
  IdleList silent_;
  IdleList closing_;
  std::vector<WebSocketProtocol*> sockets_;
};

}  // namespace sluice

#endif
