// An echo server as somebody else would write it: one handler without state for every connection.
// It says where it listens, and ends when its first client has gone.
#include <cstddef>
#include <cstdio>
#include <span>
#include <system_error>

#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/protocol.h>

namespace {

class Echo final : public sluice::Protocol {
 public:
  std::size_t on_data(sluice::Connection& connection, std::span<const std::byte> in) override {
    connection.send(in);
    return in.size();
  }
  void on_close(sluice::Connection& connection, std::error_code) override {
    connection.loop().stop();
  }
};

}  // namespace

int main() {
  Echo echo;
  sluice::Loop loop;
  const sluice::Listener listener(loop, sluice::Endpoint::from("tcp://127.0.0.1:0"), echo);
  std::printf("%u\n", unsigned{listener.endpoint().address().port()});
  std::fflush(stdout);
  loop.run();
}
