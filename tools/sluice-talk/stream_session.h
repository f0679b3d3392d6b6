// A session over TCP or a Unix socket, plain, with TLS, or as a WebSocket. See session.h.
#ifndef SLUICE_TOOLS_SLUICE_TALK_STREAM_SESSION_H
#define SLUICE_TOOLS_SLUICE_TALK_STREAM_SESSION_H

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../../protocols/proxy/proxy_header.h"
#include "../../protocols/websocket/websocket_client.h"
#include "../../reactor/base/endpoint.h"
#include "../../reactor/connect/connector.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/stream/connection.h"
#include "line_blocks.h"
#include "session.h"
#include "tls_link.h"
#include "tunnel.h"
#include "websocket_settings.h"
#include "wire.h"

namespace sluice::tools::talk {

struct StreamSessionOptions {
  std::optional<Address> bind;           // the local address
  std::chrono::milliseconds silence{0};  // either way, and until there is a connection; 0: never
  std::optional<TlsLink> tls{};
  std::optional<ProxyVersion> proxy_header{};  // that is sent first
  std::optional<TunnelSettings> tunnel{};      // then the candidates are the proxy's
  std::optional<WebSocketSettings> websocket{};
  bool in_blocks = false;  // lines arrive by on_lines(); REQUIRES: framing line
};

class StreamSession final : public Session {
 public:
  // `name` is the endpoint in messages. REQUIRES: the wire outlives the loop.
  StreamSession(Loop& loop, Wire& wire, std::string name, std::vector<Endpoint> candidates,
                const StreamSessionOptions& options, SessionEvents& events);
  ~StreamSession() override;

  void start() override;
  // Instead of start(): a connection that was accepted. REQUIRES: non-blocking.
  void adopt(Fd socket) { on_connected(std::move(socket)); }
  std::string send(std::string_view message) override;
  void send_lines(std::string_view lines) override;
  [[nodiscard]] bool full() const override;
  void half_close() override;
  void pause() override;
  void resume() override;
  void close() override;

 private:
  struct Link;
  class Framed;
  class Raw;
  class Blocks;
  class WebSocket;

  void on_connected(Fd socket);
  void on_open(Connection& connection);
  void on_failed(const ConnectError& error);
  void on_end();
  void on_closed(std::error_code reason);
  [[nodiscard]] Outcome outcome_of(std::error_code reason, const Connection& connection) const;
  void on_websocket_closed(const WebSocketEnd& end);
  void on_frame_error(Connection& connection, const CodecError& error);
  void show(std::span<const std::byte> message) { events_.on_message(peer_, message); }

  Loop& loop_;
  Wire& wire_;
  std::string name_;
  std::vector<Endpoint> candidates_;
  StreamSessionOptions options_;
  SessionEvents& events_;
  std::string peer_;  // its address in messages
  Connector connector_;
  Timer unconnected_;                             // close() before there is a connection
  Connection* connection_ = nullptr;              // until its on_close()
  Link* link_ = nullptr;                          // its handler's way back, as long
  WebSocketClientProtocol* websocket_ = nullptr;  // the handler, if it is one, as long
  std::string encoded_;
  std::string fault_;  // what was wrong with the peer's frame
  bool paused_ = false;
  bool closing_ = false;   // by close()
  bool all_sent_ = false;  // before close(): how the peer goes is its own affair
};

}  // namespace sluice::tools::talk

#endif
