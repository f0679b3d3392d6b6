// Sends one text to a WebSocket server, and prints the answer.
//
// Usage: websocket_client ADDRESS PORT
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>

#include <sluice/connection.h>
#include <sluice/connector.h>
#include <sluice/loop.h>
#include <sluice/websocket_client.h>

namespace {

class Question final : public sluice::WebSocketClientProtocol {
 public:
  using WebSocketClientProtocol::WebSocketClientProtocol;

 private:
  void on_established(sluice::Connection&) override {
    send_message(sluice::WebSocketKind::text, "hello");
  }
  void on_message(sluice::Connection&, sluice::WebSocketKind,
                  Bytes message) override {
    std::printf("%.*s\n", static_cast<int>(message.size()),
                reinterpret_cast<const char*>(message.data()));
    close();
  }
  void on_closed(sluice::Connection& connection,
                 const sluice::WebSocketEnd& end) override {
    if (end.fault.empty()) std::printf("closed with %d\n", end.code);
    if (!end.fault.empty()) std::printf("%s\n", end.fault.c_str());
    connection.loop().stop();
  }
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) throw std::runtime_error("two arguments, please");
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const auto address = sluice::Address::from_ip(argv[1], port);
  if (!address) throw std::runtime_error("ADDRESS is not numeric");

  sluice::WebSocketClientOptions websocket;
  websocket.host = address->to_string();
  websocket.path = "/question";
  sluice::ConnectorOptions options;
  sluice::WebSocketClientProtocol::prepare(options.connection, websocket);

  sluice::Loop loop;
  sluice::Connector connector(loop, options);
  connector.start(
      {*address},
      [&websocket](const sluice::Address&) {
        return std::make_unique<Question>(websocket);
      },
      [&loop](const sluice::ConnectError& error) {
        std::fprintf(stderr, "%s\n", error.message().c_str());
        loop.stop();
      });
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "websocket_client: %s\n", error.what());
  return 1;
}
