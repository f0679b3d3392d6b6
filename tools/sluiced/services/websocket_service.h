// A service whose connections are WebSockets: the limits of its connections, and what they share.
//
// Lifetime: as a Service. Its handlers use server(), which closes them when it is destroyed.
// Errors: the constructor throws std::system_error that names the endpoint.
// Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_WEBSOCKET_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_WEBSOCKET_SERVICE_H

#include <utility>

#include "../../../protocols/http/http_handler.h"
#include "../../../protocols/websocket/websocket.h"
#include "../../../protocols/websocket/websocket_server.h"
#include "../endpoints/socket_keys.h"
#include "../endpoints/websocket_keys.h"
#include "listening_service.h"

namespace sluice::tools::daemon {

class WebSocketService : public ListeningService {
 public:
  WebSocketService(const ServiceHost& host, const ListenSpec& spec, const WebSocketOptions& options)
      : WebSocketService(host, spec, options, derive_listener(spec.settings)) {
    listener_options_.connection.message_timeout = kWebSocketMessageTimeout;
  }
  // With other options of the listener; `pages` answers requests that are no handshakes.
  WebSocketService(const ServiceHost& host, const ListenSpec& /*spec*/,
                   const WebSocketOptions& options, ListenerOptions listener,
                   HttpHandler* pages = nullptr)
      : server_(host.loop, options, pages), listener_options_(std::move(listener)) {
    server_.prepare(listener_options_.connection);
  }

 protected:
  [[nodiscard]] WebSocketServer& server() noexcept { return server_; }
  // Of the listener, for the derived class to change.
  [[nodiscard]] ListenerOptions& listener_options() noexcept { return listener_options_; }
  // REQUIRES: called once, by the constructor of the derived class.
  void serve(const ServiceHost& host, const ListenSpec& spec, ProtocolFactory factory) {
    listen(host, spec, std::move(factory), listener_options_);
  }

 private:
  WebSocketServer server_;
  ListenerOptions listener_options_;
};

}  // namespace sluice::tools::daemon

#endif
