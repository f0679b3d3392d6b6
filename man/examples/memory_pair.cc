// Tests a client and a server together, in memory and on virtual time.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <sluice/connection.h>
#include <sluice/memory_pair.h>
#include <sluice/text_view.h>
#include <sluice/timer.h>

using sluice::Connection;
using namespace std::chrono_literals;

namespace {

// Answers each ping.
class Server final : public sluice::Protocol {
  std::size_t on_data(Connection& client,
                      std::span<const std::byte> in) override {
    const std::string_view text = sluice::as_text(in);
    const std::size_t end = text.rfind('\n') + 1;
    for (std::size_t i = 0; i < end; ++i) {
      if (text[i] == '\n') client.send("pong\n");
    }
    return end;
  }
};

// Sends a ping every ten seconds.
class Client final : public sluice::Protocol {
 public:
  void on_open(Connection& server) override {
    timer_.emplace(server.loop(), [&server] { server.send("ping\n"); });
    timer_->start_repeating(10s);
  }
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    received += sluice::as_text(in);
    return in.size();
  }
  void on_close(Connection&, std::error_code) override { timer_.reset(); }

  std::string received;

 private:
  std::optional<sluice::Timer> timer_;
};

void expect(bool holds, const char* sentence) {
  std::printf("%s: %s\n", holds ? "ok" : "FAILED", sentence);
  if (!holds) std::exit(1);
}

}  // namespace

int main() {
  Client client;
  Server server;
  sluice::MemoryPairOptions options;
  options.second.idle_timeout = 15s;
  options.piece = 1;  // each byte is a read of its own
  {
    sluice::MemoryPair pair(client, server, options);
    pair.advance(1h);
    expect(client.received.size() == 360 * 5, "an hour has 360 pongs");
    expect(!pair.closed(), "a ping in time keeps the connection open");

    pair.first_connection().close();
    pair.advance(1min);
    expect(pair.closed(), "both sides close");
  }
}
