// An echo server with a handler for each connection, which answers whole lines only. It says where
// it listens, and ends when its first client has gone.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <system_error>

#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/protocol.h>

namespace {

class Lines final : public sluice::Protocol {
 public:
  std::size_t on_data(sluice::Connection& connection, std::span<const std::byte> in) override {
    const auto last = std::find(in.rbegin(), in.rend(), std::byte{'\n'});
    const auto whole = in.first(static_cast<std::size_t>(in.rend() - last));
    connection.send(whole);
    return whole.size();
  }
  void on_close(sluice::Connection& connection, std::error_code) override {
    connection.loop().stop();
  }
};

}  // namespace

int main() {
  sluice::Loop loop;
  const sluice::Listener listener(loop, sluice::Endpoint::from("tcp://127.0.0.1:0"),
                                  [](const sluice::Address&) { return std::make_unique<Lines>(); });
  std::printf("%u\n", unsigned{listener.endpoint().address().port()});
  std::fflush(stdout);
  loop.run();
}
