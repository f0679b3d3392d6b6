// A client that reconnects whenever it loses its server, and waits longer
// after each failure.
#include <cstdio>
#include <exception>
#include <functional>
#include <string>

#include <sluice/backoff.h>
#include <sluice/connection.h>
#include <sluice/connector.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/timer.h>

using namespace std::chrono_literals;
using sluice::Address;
using sluice::Connection;

namespace {

// The server, in the same program: closes each connection at once, except
// every fourth, which it welcomes.
class Busy final : public sluice::Protocol {
  void on_open(Connection& connection) override {
    if (++clients_ % 4 == 0) {
      connection.send("welcome");
    } else {
      connection.close();
    }
  }
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    return in.size();
  }

  int clients_ = 0;
};

class Client final : public sluice::Protocol {
 public:
  sluice::Backoff backoff;
  std::function<void(const std::string& why)> lost;

  explicit Client(const sluice::BackoffOptions& options)
      : backoff(options) {}

 private:
  std::size_t on_data(Connection& connection,
                      std::span<const std::byte> in) override {
    const auto* chars = reinterpret_cast<const char*>(in.data());
    std::printf("%.*s\n", static_cast<int>(in.size()), chars);
    // Not in on_open(): the client would reconnect without a pause to a
    // server that accepts and closes.
    backoff.reset();
    if (++welcomes_ == 2) {
      connection.loop().stop();
    } else {
      connection.abort();  // as if the connection were lost
    }
    return in.size();
  }
  void on_close(Connection&, std::error_code reason) override {
    if (reason == sluice::CloseReason::loop_destroyed) return;
    lost(reason.message());
  }

  int welcomes_ = 0;
};

}  // namespace

int main() try {
  sluice::BackoffOptions options;
  options.first = 20ms;
  options.cap = 1s;
  options.seed = 3;  // for the same output in each run: else omit it
  Client client(options);
  Busy busy;
  sluice::Loop loop;
  const sluice::Listener server(
      loop, sluice::Endpoint::from("tcp://127.0.0.1:0"), busy);

  sluice::Connector connector(loop);
  const auto connect = [&] {
    connector.start(
        {server.endpoint().address()},
        [&](const Address&) { return sluice::ProtocolRef(client); },
        [&](const sluice::ConnectError& error) {
          client.lost(error.message());
        });
  };
  sluice::Timer retry(loop, connect);
  client.lost = [&](const std::string& why) {
    const auto wait = client.backoff.next();
    std::printf("%s; again in %d ms\n", why.c_str(),
                static_cast<int>(wait.count()));
    retry.start(wait);
  };
  connect();
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "reconnect: %s\n", error.what());
  return 1;
}
