// Handlers with timers: three owners of the timer, each of which ends
// before the loop.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include <sluice/connection.h>
#include <sluice/memory_peer.h>
#include <sluice/timer.h>

using sluice::Connection;
using sluice::Loop;
using sluice::MemoryPeer;
using namespace std::chrono_literals;

namespace {

// 1. The connection owns the handler, and the handler the timer.
class Reminder final : public sluice::Protocol {
 public:
  explicit Reminder(Loop& loop)
      : timer_(loop, [this] { connection_->send("are you there?\n"); }) {}
  void on_open(Connection& connection) override {
    connection_ = &connection;
    timer_.start(30s);
  }
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    timer_.start(30s);
    return in.size();
  }

 private:
  Connection* connection_ = nullptr;
  sluice::Timer timer_;
};

// 2. The connections share the handler. The timer is no part of it.
class Crowd : public sluice::Protocol {
 public:
  void tell(std::string_view text) {
    for (Connection* member : members_) member->send(text);
  }
  void on_open(Connection& member) override { members_.push_back(&member); }
  void on_close(Connection& member, std::error_code) override {
    std::erase(members_, &member);
  }
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    return in.size();
  }

 private:
  std::vector<Connection*> members_;
};

// 3. The connections share the handler, which owns the timer. It is
// declared after the loop, and so it closes the connections before it is
// destroyed.
class Bell final : public Crowd {
 public:
  explicit Bell(Loop& loop)
      : loop_(loop), timer_(loop, [this] { tell("ding\n"); }) {
    timer_.start_repeating(20s);
  }
  ~Bell() override { loop_.close_all(); }

 private:
  Loop& loop_;
  sluice::Timer timer_;
};

void show(const char* name, MemoryPeer& peer) {
  std::printf("%s received: %s", name, peer.received().c_str());
}

}  // namespace

int main() {
  Crowd crowd;  // a shared handler: destroyed after the loop
  sluice::LoopOptions options;
  options.virtual_time = true;  // for MemoryPeer::advance()
  Loop loop(options);
  sluice::Timer clock(loop, [&] { crowd.tell("half a minute\n"); });
  Bell bell(loop);
  MemoryPeer first(loop, std::make_unique<Reminder>(loop));
  MemoryPeer second(loop, crowd);
  MemoryPeer third(loop, bell);

  clock.start_repeating(30s);
  first.advance(30s);  // a program calls loop.run() here

  show("first", first);
  show("second", second);
  show("third", third);
}
