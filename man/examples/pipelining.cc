// Answers pipelined requests one after another, although each takes time.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <sluice/connection.h>
#include <sluice/loop.h>
#include <sluice/memory_peer.h>
#include <sluice/timer.h>

using sluice::Connection;
using namespace std::chrono_literals;

namespace {

// A timer stands for the job: a query, a lookup, work in another thread.
class Service final : public sluice::Protocol {
 public:
  explicit Service(sluice::Loop& loop) : job_(loop, [this] { finish(); }) {}

  std::size_t on_data(Connection& client,
                      std::span<const std::byte> in) override {
    const auto* chars = reinterpret_cast<const char*>(in.data());
    const std::string_view text(chars, in.size());
    const std::size_t end = text.find('\n');
    if (end == text.npos) return 0;
    client_ = &client;
    request_ = text.substr(0, end);
    job_.start(1s);
    // The requests after it stay where they are: unconsumed, in the socket,
    // and in the end with the client. A drain waits for the answer.
    client.pause();
    client.hold();
    return end + 1;
  }
  // The client may send its requests and then its end.
  void on_eof(Connection& client) override { client.close(); }

 private:
  void finish() {
    client_->send("answer to ", request_, "\n");
    client_->unhold();
    client_->resume();  // on_data() runs again for what is unconsumed
  }

  Connection* client_ = nullptr;
  std::string request_;
  sluice::Timer job_;
};

}  // namespace

int main() {
  sluice::LoopOptions options;
  options.virtual_time = true;  // this program shows seconds in no time
  sluice::Loop loop(options);
  sluice::MemoryPeer client(loop, std::make_unique<Service>(loop));
  client.send("one\ntwo\nthree\n");
  client.end();
  for (int second = 1; !client.closed(); ++second) {
    client.advance(1s);
    std::printf("after %d s: %s", second, client.received().c_str());
  }
  std::printf("closed: %s\n", client.saw_end() ? "yes" : "no");
}
