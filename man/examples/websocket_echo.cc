// A WebSocket server that sends each message back, until SIGINT or SIGTERM.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>

#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/signals.h>
#include <sluice/websocket.h>
#include <sluice/websocket_server.h>

int main(int argc, char** argv) try {
  const char* where = argc > 1 ? argv[1] : "tcp://127.0.0.1:7007";
  sluice::Loop loop;  // must outlive the server and the listener
  sluice::WebSocketServer server(loop);
  const auto answer = [](sluice::WebSocketProtocol& socket,
                         sluice::WebSocketKind kind,
                         std::span<const std::byte> message) {
    socket.send_message(kind, message);
  };
  sluice::ListenerOptions options;
  server.prepare(options.connection);
  const sluice::Listener listener(loop, sluice::Endpoint::from(where),
                                  sluice::websocket(server, answer),
                                  options);
  const auto finish = [&loop] { loop.drain(std::chrono::seconds(5)); };
  const sluice::Signal interrupt(loop, SIGINT, finish);
  const sluice::Signal terminate(loop, SIGTERM, finish);
  std::printf("listening %s\n", listener.endpoint().to_string().c_str());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "websocket_echo: %s\n", error.what());
  return 1;
}
