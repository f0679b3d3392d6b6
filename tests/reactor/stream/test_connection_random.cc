// Random actions of handlers and peers: each connection opens once and closes once, last, no
// callback runs inside another, and nothing leaks. The choices come from fixed seeds.
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::size_t kMaxOpened = 200;  // a handler adopts others, which adopt others again

class Chaos {
 public:
  explicit Chaos(unsigned seed) : random_(seed) {
    handler_.open = [this](Connection& connection) {
      ids_.push_back(connection.id());
      act(connection);
    };
    handler_.data = [this](Connection& connection, std::string_view in) {
      act(connection);
      if (any(4) == 0) connection.send(in);
      return any(in.size() + 1);
    };
    handler_.eof = [this](Connection& connection) {
      any(2) == 0 ? connection.close() : act(connection);
    };
    handler_.drain = [this](Connection& connection) { act(connection); };
    handler_.close = [this](Connection& connection, std::error_code) {
      cr_expect(connection.state() == Connection::State::closed);
      act(connection);
    };
  }

  void run(int turns) {
    for (int i = 0; i < 5; ++i) adopt();
    for (int turn = 0; turn < turns; ++turn) {
      if (any(10) == 0) adopt();
      if (any(4) == 0) act_on_any();  // between two turns, as a host's code may
      for (Peer& peer : peers_) move(peer);
      loop_.poll();
    }
  }

  void drain() {
    bool done = false;
    loop_.drain(std::chrono::milliseconds(50), [&] { done = true; });
    turn_until(loop_, [&] { return done; });
    const Counters& counters = loop_.counters();
    std::uint64_t closed = 0;
    for (const std::uint64_t count : counters.closed) closed += count;
    cr_expect(counters.connections_open == 0 && closed == ids_.size());
    cr_expect(handler_.closes == ids_.size() && ids_.size() > 5);
    cr_expect(!handler_.nested);
  }

  // The loop is destroyed while anything may be in progress.
  void end() {
    owned_.reset();
    cr_expect(handler_.closes == ids_.size());
    cr_expect(!handler_.nested);
  }

 private:
  std::size_t any(std::size_t below) { return random_() % below; }

  void adopt() {
    if (ids_.size() >= kMaxOpened || loop_.draining()) return;
    Pair pair = any(2) == 0 ? unix_pair() : tcp_pair();
    ConnectionOptions options;
    options.high_water = std::array<std::size_t, 3>{10, 10'000, 262'144}[any(3)];
    options.max_read = std::array<std::size_t, 3>{7, 4'096, 262'144}[any(3)];
    options.linger_timeout = std::chrono::milliseconds(any(2) * 5);
    options.idle_timeout = std::chrono::milliseconds(any(2) * 20);
    options.keep_reading = any(2) == 0;
    set_send_buffer(pair, 5'000);
    peers_.emplace_back(std::move(pair.peers));
    Connection::adopt(loop_, std::move(pair.ours), handler_, options);
  }

  void act_on_any() {
    if (ids_.empty()) return;
    if (Connection* other = Connection::find(loop_, ids_[any(ids_.size())])) act(*other, false);
  }

  void act(Connection& connection, bool may_throw = true) {
    int& pauses = paused_[{connection.id().slot, connection.id().generation}];
    switch (any(14)) {
      case 0:
        return connection.close();
      case 1:
        return connection.abort();
      case 2:
        return connection.shutdown();
      case 3:
        ++pauses;
        return connection.pause();
      case 4:
      case 5:
        if (pauses == 0) return;
        --pauses;
        return connection.resume();
      case 6:
        return connection.send(std::string(any(40'000), 'x'));
      case 7:
        return connection.send(Payload::copy(std::string(any(2'000), 'y')));
      case 8:
        return act_on_any();
      case 9:
        return adopt();
      case 10:
        return loop_.defer([this] { act_on_any(); });
      case 11:
        return loop_.post([this] { act_on_any(); });
      case 12:
        if (may_throw && any(4) == 0) throw std::runtime_error("now and then");
        return;
      default:
        return connection.send("z");
    }
  }

  void move(Peer& peer) {
    if (peer.fd() < 0) return;
    switch (any(30)) {
      case 0:
        return peer.end();
      case 1:
        return peer.close();
      case 2:
        return peer.reset();
      default:
        if (any(3) == 0) (void)peer.waiting(any(20'000) + 1);
        if (any(3) == 0) (void)peer.offer(std::string(any(20'000), 'p'));
    }
  }

  std::mt19937 random_;
  Handler handler_;
  std::vector<ConnectionId> ids_;
  std::vector<Peer> peers_;
  // By slot and generation: what is to be resumed.
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> paused_;
  std::unique_ptr<Loop> owned_ = std::make_unique<Loop>(backend_options());
  Loop& loop_ = *owned_;
};

}  // namespace

Test(connection_random, each_opens_once_and_closes_once_after_any_actions) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Chaos chaos(seed);
    chaos.run(300);
    chaos.drain();
  }
}

Test(connection_random, a_loop_may_be_destroyed_in_the_middle_of_that) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Chaos chaos(seed);
    chaos.run(static_cast<int>(seed));
    chaos.end();
  }
}
