// Two connections on sockets, joined by relay(): whatever their peers and owners do and in whatever
// order, each peer receives what the other has sent, in order and no more, and all of it if nobody
// closes early. Bulk goes through the kernel, the rest by copying, and a schedule changes between
// them.
#include <array>
#include <optional>

#include "fuzz.h"
#include "socket_end.h"
#include <sluice/connection.h>
#include <sluice/loop.h>
#include <sluice/relay.h>

using namespace sluice;
using namespace sluice::fuzz;

namespace {

struct Silent final : Protocol {
  std::size_t on_data(Connection& /*connection*/, std::span<const std::byte> /*in*/) override {
    return 0;
  }
};

class Joined {
 public:
  explicit Joined(const ConnectionOptions& options) {
    for (std::size_t side = 0; side < 2; ++side) {
      auto [ours, theirs] = socket_pair();
      ends_[side].emplace(std::move(theirs));
      ids_[side] = Connection::adopt(loop_, std::move(ours), silent_, options).id();
    }
  }
  void join() {
    Connection* const a = Connection::find(loop_, ids_[0]);
    Connection* const b = Connection::find(loop_, ids_[1]);
    if (a == nullptr || b == nullptr || is_joined_) return;
    is_joined_ = true;
    relay(*a, *b, [this](const RelayResult& result) {
      SLUICE_MUST(!result_);
      result_ = result;
    });
  }
  void step(Choices& choices) {
    const std::size_t side = choices.any(2);
    SocketEnd& end = *ends_[side];
    switch (choices.any(8)) {
      case 0:
      case 1:
        return end.send(size_from(choices), static_cast<unsigned>(side));
      case 2:
        return receive(side, size_from(choices));
      case 3:
        return end.end();
      case 4:
        if (choices.any(8) == 0) end.close();
        return;
      case 5:
        return pause(side, choices.any(2) == 0);
      default:
        return loop_.poll();
    }
  }
  // Lets everything finish.
  void finish() {
    constexpr int kMaxTurns = 20'000;
    join();
    for (std::size_t side = 0; side < 2; ++side) {
      pause(side, false);
      ends_[side]->end();
    }
    for (int i = 0; i < kMaxTurns && loop_.counters().connections_open > 0; ++i) {
      loop_.poll();
      for (std::size_t side = 0; side < 2; ++side) receive(side, kAll);
    }
    SLUICE_MUST(loop_.counters().connections_open == 0);
    for (std::size_t side = 0; side < 2; ++side) receive(side, kAll);
    SLUICE_MUST(result_.has_value() == is_joined_);
    if (!is_joined_ || ends_[0]->failed() || ends_[1]->failed()) return;
    SLUICE_MUST(ends_[1]->received() == ends_[0]->sent());
    SLUICE_MUST(ends_[0]->received() == ends_[1]->sent());
    SLUICE_MUST(result_->a_to_b == ends_[0]->sent() && result_->b_to_a == ends_[1]->sent());
    SLUICE_MUST(!result_->a && !result_->b);
  }

 private:
  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);

  void receive(std::size_t side, std::size_t size) {
    const auto other = static_cast<unsigned>(1 - side);
    ends_[side]->receive(size, [other](std::size_t place, char byte) {
      SLUICE_MUST(byte == pattern_at(place, other));
    });
    SLUICE_MUST(ends_[side]->received() <= ends_[other]->sent());
  }
  // The owner's pause, which the relay must not end.
  void pause(std::size_t side, bool on) {
    Connection* const connection = Connection::find(loop_, ids_[side]);
    if (connection == nullptr || paused_[side] == on) return;
    paused_[side] = on;
    on ? connection->pause() : connection->resume();
  }

  Silent silent_;
  Loop loop_;
  std::array<std::optional<SocketEnd>, 2> ends_;
  std::array<ConnectionId, 2> ids_;
  std::array<bool, 2> paused_{};
  bool is_joined_ = false;
  std::optional<RelayResult> result_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  ConnectionOptions options;
  options.high_water = size_from(choices);
  options.input_limit = std::size_t{1024} * 1024;
  Joined joined(options);
  const std::size_t before = choices.any(8);  // steps before they are joined
  for (std::size_t i = 0; i < before; ++i) joined.step(choices);
  joined.join();
  while (!choices.done()) joined.step(choices);
  joined.finish();
  return 0;
}
