// Connects to the first of two addresses that responds, and says hello.
#include <cstdio>
#include <exception>
#include <memory>
#include <string_view>

#include <sluice/connection.h>
#include <sluice/connector.h>
#include <sluice/listener.h>
#include <sluice/loop.h>

using sluice::Connection;

namespace {

// The server, in the same program: sends all input back.
class Echo final : public sluice::Protocol {
  std::size_t on_data(Connection& connection,
                      std::span<const std::byte> in) override {
    connection.send(in);
    return in.size();
  }
};

// The client: sends one request, and prints the answer.
class Hello final : public sluice::Protocol {
  void on_open(Connection& connection) override {
    connection.send("hello");
    connection.shutdown();  // nothing more to send
  }
  std::size_t on_data(Connection& connection,
                      std::span<const std::byte> in) override {
    const auto* chars = reinterpret_cast<const char*>(in.data());
    std::printf("%s says: %.*s\n", connection.peer().host().c_str(),
                static_cast<int>(in.size()), chars);
    return in.size();
  }
  void on_close(Connection& connection, std::error_code) override {
    connection.loop().stop();
  }
};

}  // namespace

int main() try {
  Echo echo;
  sluice::Loop loop;
  const sluice::Listener server(
      loop, sluice::Endpoint::from("tcp://127.0.0.1:0"), echo);

  // The server has no IPv6: that address is refused, and IPv4 is next.
  const sluice::Address v4 = server.endpoint().address();
  const sluice::Address v6 = sluice::Address::loopback(AF_INET6, v4.port());

  sluice::ConnectorOptions options;
  options.timeout = std::chrono::seconds(5);
  sluice::Connector connector(loop, options);
  connector.start(
      {v4, v6},
      [](const sluice::Address& peer) {
        std::printf("connected to %s\n", peer.host().c_str());
        return std::make_unique<Hello>();
      },
      [&loop](const sluice::ConnectError& error) {
        std::fprintf(stderr, "connector: %s\n", error.message().c_str());
        loop.stop();
      });
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "connector: %s\n", error.what());
  return 1;
}
