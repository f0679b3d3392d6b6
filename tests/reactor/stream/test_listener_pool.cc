// A listener that serves on all loops of a pool: where its newcomers go, and that its limits, its
// counters and its drain are for all of them.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/pool_server.h"
#include "support/scratch.h"
#include <sluice/connection.h>
#include <sluice/listener.h>
#include <sluice/loop_pool.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

TestSuite(listener_pool, .timeout = 60);

namespace {

std::size_t index_of(LoopPool& pool, const Loop& loop) {
  std::size_t index = 0;
  while (&pool.loop(index) != &loop) ++index;
  return index;
}

// Answers each line with the index of its loop and the line.
class Teller final : public Protocol {
 public:
  explicit Teller(LoopPool& pool) : pool_(pool) {}
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    const std::string text(reinterpret_cast<const char*>(in.data()), in.size());
    if (!text.ends_with('\n')) return 0;
    if (text == "hold\n") connection.hold();
    connection.send(std::to_string(index_of(pool_, connection.loop())) + ' ' + text);
    return in.size();
  }

 private:
  LoopPool& pool_;
};

struct Server {
  explicit Server(ListenerOptions options = {}, LoopPoolOptions pool_options = two_loops(),
                  const std::string& where = "tcp://127.0.0.1:0")
      : pool(pool_options) {
    options.pool = &pool;
    listener = std::make_unique<Listener>(
        pool.first(), Endpoint::from(where),
        [this](const Address& peer) {
          if (factory) return factory(peer);
          return ProtocolRef(std::make_unique<Teller>(pool));
        },
        options);
    address = listener->endpoint().address();
  }
  ~Server() {
    if (running) running->stop();
    listener.reset();
  }
  static LoopPoolOptions two_loops() { return {.loops = 2, .loop = backend_options()}; }

  // Another listener, without the pool.
  std::unique_ptr<Listener> on_first_loop() {
    return std::make_unique<Listener>(
        pool.first(), Endpoint::from("tcp://127.0.0.1:0"),
        [this](const Address&) { return ProtocolRef(std::make_unique<Teller>(pool)); });
  }

  void start() { running.emplace(pool); }
  [[nodiscard]] BlockingClient client() const { return BlockingClient(address); }
  // Connects so many, and returns how many each loop has got.
  std::vector<int> connect(std::vector<BlockingClient>& clients, int count) {
    std::vector<int> each(pool.size());
    for (int i = 0; i < count; ++i) {
      clients.push_back(client());
      const std::string line = clients.back().line_for("hello\n");
      cr_assert(line.ends_with(" hello\n"), "%s", line.c_str());
      ++each[std::stoul(line)];
    }
    return each;
  }
  std::size_t connections() {
    return ask(pool.first(), [this] { return listener->connections(); });
  }
  ListenerCounters counters() {
    return ask(pool.first(), [this] { return listener->counters(); });
  }
  void wait_for_connections(std::size_t count) {
    wait_until(
        pool.first(), [&] { return listener->connections() == count; }, "the connections");
  }
  std::uint64_t refused_by(Refusal why) {
    return counters().refused_by[static_cast<std::size_t>(why)];
  }

  std::function<ProtocolRef(const Address&)> factory;  // set before start()
  LoopPool pool;
  std::unique_ptr<Listener> listener;
  Address address;
  std::optional<RunningPool> running;
};

// Keeps a loop in one callback until it is let go.
class Stall {
 public:
  explicit Stall(Loop& loop) {
    std::promise<void> begun;
    loop.post([this, &begun] {
      begun.set_value();
      let_go_.get_future().wait();
    });
    begun.get_future().wait();
  }
  Stall(const Stall&) = delete;
  Stall& operator=(const Stall&) = delete;
  ~Stall() { end(); }
  void end() {
    if (!std::exchange(is_over_, true)) let_go_.set_value();
  }

 private:
  std::promise<void> let_go_;
  bool is_over_ = false;
};

}  // namespace

Test(listener_pool, gives_each_newcomer_to_the_loop_with_the_fewest_connections) {
  Server server({}, {.loops = 3, .loop = backend_options()});
  server.start();
  std::vector<BlockingClient> clients;
  cr_expect(server.connect(clients, 12) == std::vector<int>({4, 4, 4}));
  cr_expect(server.connections() == 12);
  // Those of one loop go; the next ones fill the gap.
  for (BlockingClient& each : clients) {
    if (each.line_for("again\n") == "1 again\n") each.close();
  }
  server.wait_for_connections(8);
  std::vector<BlockingClient> more;
  cr_expect(server.connect(more, 4) == std::vector<int>({0, 4, 0}));
}

Test(listener_pool, divides_the_newcomers_of_a_unix_socket_too) {
  const Scratch scratch;
  Server server({}, Server::two_loops(), "unix://" + (scratch / "socket"));
  server.start();
  std::vector<BlockingClient> clients;
  cr_expect(server.connect(clients, 6) == std::vector<int>({3, 3}));
}

Test(listener_pool, keeps_all_newcomers_while_the_pool_does_not_run) {
  Server server;
  const BlockingClient client = server.client();
  client.send("hello\n");
  while (server.pool.counters(0).bytes_in < 6) server.pool.first().run_once();
  server.pool.first().poll();
  cr_expect(client.line() == "0 hello\n");
  cr_expect(server.listener->connections() == 1);
}

Test(listener_pool, holds_its_limit_over_all_loops) {
  Server server({.max_connections = 3});
  server.start();
  std::vector<BlockingClient> clients;
  (void)server.connect(clients, 3);
  cr_expect(server.client().has_ended());
  cr_expect(server.refused_by(Refusal::max_here) == 1);
  // One in either loop makes room for one.
  for (const char* loop : {"0", "1"}) {
    const auto found = std::find_if(clients.begin(), clients.end(), [&](const auto& each) {
      return each.line_for("which\n").starts_with(loop);
    });
    clients.erase(found);
    server.wait_for_connections(2);
    (void)server.connect(clients, 1);
    cr_expect(server.client().has_ended());
  }
}

Test(listener_pool, holds_the_limit_on_a_source_over_all_loops) {
  Server server({.max_per_source = 2});
  server.start();
  std::vector<BlockingClient> clients;
  cr_expect(server.connect(clients, 2) == std::vector<int>({1, 1}));
  cr_expect(server.client().has_ended());
  cr_expect(server.refused_by(Refusal::max_per_source) == 1);
  clients.clear();
  server.wait_for_connections(0);
  cr_expect(server.connect(clients, 2) == std::vector<int>({1, 1}));
}

Test(listener_pool, holds_the_limit_of_the_pool_over_all_its_listeners) {
  LoopPoolOptions options = Server::two_loops();
  options.loop.max_connections = 4;
  Server server({}, options);
  // It is on the first loop alone.
  auto other = server.on_first_loop();
  server.start();
  std::vector<BlockingClient> clients;
  (void)server.connect(clients, 3);
  const BlockingClient fourth(other->endpoint().address());
  cr_expect(fourth.line_for("hello\n") == "0 hello\n");
  cr_expect(BlockingClient(other->endpoint().address()).has_ended());
  cr_expect(server.client().has_ended());
  cr_expect(server.refused_by(Refusal::max_connections) == 1);
  server.running->stop();
  other.reset();
}

Test(listener_pool, serves_those_whose_loop_is_stalled_in_another_one) {
  Server server({}, {.loops = 3, .loop = backend_options()});
  server.start();
  std::vector<BlockingClient> clients;
  Stall stall(server.pool.loop(1));
  const std::vector<int> each = server.connect(clients, 9);
  cr_expect(each[1] == 0);
  cr_expect(each[0] + each[2] == 9);
  cr_expect(server.connections() == 9);
  stall.end();
  // It gets its part again as soon as it has a turn.
  ask(server.pool.loop(1), [] {});
  cr_expect(server.connect(clients, 3) == std::vector<int>({0, 3, 0}));
}

Test(listener_pool, serves_those_behind_a_newcomer_that_stalls_its_loop_in_another_one) {
  Server server;
  std::promise<void> let_go;
  std::atomic<bool> is_first{true};
  std::atomic<std::thread::id> other;
  server.factory = [&](const Address&) {
    if (std::this_thread::get_id() == other && is_first.exchange(false)) let_go.get_future().wait();
    return ProtocolRef(std::make_unique<Teller>(server.pool));
  };
  server.start();
  other = ask(server.pool.loop(1), [] { return std::this_thread::get_id(); });
  std::vector<BlockingClient> clients;
  {
    const Stall stall(server.pool.loop(1));  // until two wait for it
    for (int i = 0; i < 4; ++i) {
      clients.push_back(server.client());
      clients.back().send("hello\n");
    }
    server.wait_for_connections(4);
  }
  wait_until(
      server.pool.first(), [&] { return server.pool.counters(0).bytes_in >= 3 * 6; },
      "the second one");
  let_go.set_value();
  for (const BlockingClient& each : clients) cr_expect(each.line().ends_with(" hello\n"));
  // It gets newcomers again.
  ask(server.pool.loop(1), [] {});
  const std::vector<int> each = server.connect(clients, 4);
  cr_expect(each[1] > each[0]);
}

Test(listener_pool, serves_those_that_come_back_from_a_stalled_loop_after_it_is_closed) {
  Server server;
  server.start();
  const Stall stall(server.pool.loop(1));
  std::vector<BlockingClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(server.client());
    clients.back().send("hello\n");
  }
  server.wait_for_connections(2);
  ask(server.pool.first(), [&] { server.listener->close(); });
  for (const BlockingClient& each : clients) cr_expect(each.line() == "0 hello\n");
}

Test(listener_pool, closes_the_newcomers_that_wait_for_a_loop_when_it_is_destroyed) {
  Server server;
  server.start();
  const Stall stall(server.pool.loop(1));
  std::vector<BlockingClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(server.client());
    clients.back().send("hello\n");
  }
  while (ask(server.pool.first(), [&] {
    if (server.listener && server.listener->connections() == 2) server.listener.reset();
    return server.listener != nullptr;
  })) {
  }
  const std::string first = clients[0].line();
  cr_expect((first + clients[1].line()) == "0 hello\n", "only the one of the first loop is served");
}

Test(listener_pool, gives_no_newcomer_to_a_loop_whose_connections_hold_too_much) {
  constexpr std::size_t kEach = 256 * 1024;
  LoopPoolOptions options = Server::two_loops();
  options.loop.max_memory = 2 * kEach;
  Server server({}, options);
  server.pool.set_reporter([](const Report&) {});
  server.start();
  std::vector<BlockingClient> holders;
  cr_expect(server.connect(holders, 2) == std::vector<int>({1, 1}));
  if (holders[0].line_for("which\n") == "1 which\n") std::swap(holders[0], holders[1]);
  const auto fill = [&](std::size_t loop) {
    holders[loop].send(std::string(kEach + kEach / 2, 'x'));  // no handler consumes it
    wait_until(
        server.pool.first(), [&] { return server.pool.counters(loop).memory_pauses > 0; },
        "the pause");
  };
  fill(0);
  std::vector<BlockingClient> clients;
  cr_expect(server.connect(clients, 4) == std::vector<int>({0, 4}), "the first one is full");
  fill(1);
  cr_expect(server.client().has_ended());
  cr_expect(server.refused_by(Refusal::max_memory) == 1);
  // It has room again, and gets newcomers although it has more connections.
  ask(server.pool.loop(1), [&] {
    Connection::visit(server.pool.loop(1), 0, 100, [&](Connection& each) {
      if (each.bytes_in() > 1000) each.abort();
    });
  });
  server.wait_for_connections(5);
  std::string line;
  while (line.empty()) line = server.client().line_for("hello\n");  // until it has looked again
  cr_expect(line == "1 hello\n");
}

Test(listener_pool, keeps_all_newcomers_and_has_all_memory_while_the_first_loop_runs_alone) {
  constexpr std::size_t kEach = 256 * 1024;
  LoopPoolOptions options = Server::two_loops();
  options.loop.max_memory = 2 * kEach;
  Server server({}, options);
  server.pool.set_reporter([](const Report&) {});
  std::thread thread([&server] { server.pool.run_alone(); });
  std::vector<BlockingClient> clients;
  cr_expect(server.connect(clients, 3) == std::vector<int>({3, 0}));
  const std::string part(kEach + kEach / 2, 'x');  // no handler consumes it
  const std::uint64_t before = server.pool.counters(0).bytes_in;
  clients[0].send(part);
  wait_until(
      server.pool.first(), [&] { return server.pool.counters(0).bytes_in == before + part.size(); },
      "its bytes");
  cr_expect_eq(server.pool.counters(0).memory_pauses, 0, "more than half is allowed");
  clients[1].send(part);
  wait_until(
      server.pool.first(), [&] { return server.pool.counters(0).memory_pauses > 0; }, "the pause");
  ask(server.pool.first(), [&] { server.pool.drain(milliseconds(0)); });
  thread.join();
  cr_expect(clients[2].has_ended());
}

Test(listener_pool, counts_the_connections_and_bytes_of_all_loops) {
  Server server;
  server.start();
  std::vector<BlockingClient> clients;
  (void)server.connect(clients, 4);
  // A client may have its answer before the loop has counted it.
  wait_until(
      server.pool.first(), [&] { return server.listener->counters().bytes_out == 4 * 8; },
      "the bytes");
  ListenerCounters counters = server.counters();
  cr_expect(counters.accepted == 4);
  cr_expect(counters.bytes_in == 4 * 6);
  clients.clear();
  server.wait_for_connections(0);
  counters = server.counters();
  cr_expect(counters.accepted == 4, "those that are gone count");
  cr_expect(counters.bytes_in == 4 * 6);
  cr_expect(server.pool.counters().accepted == 4);
}

Test(listener_pool, admits_in_its_own_loop_and_reports_the_end_in_the_connections) {
  std::atomic<int> admitted{0};
  std::vector<std::atomic<int>> closed(2);
  LoopPool* pool = nullptr;
  ListenerOptions options;
  std::thread::id home;
  options.admit = [&](int socket, const Address& peer) {
    if (std::this_thread::get_id() == home && socket >= 0 && peer.is_ip()) ++admitted;
    return true;
  };
  options.closed = [&](const Connection& connection) {
    ++closed[index_of(*pool, connection.loop())];
  };
  Server server(options);
  pool = &server.pool;
  server.start();
  home = ask(server.pool.first(), [] { return std::this_thread::get_id(); });
  std::vector<BlockingClient> clients;
  (void)server.connect(clients, 4);
  clients.clear();
  server.wait_for_connections(0);
  cr_expect(admitted == 4);
  cr_expect(closed[0] == 2);
  cr_expect(closed[1] == 2);
}

Test(listener_pool, gives_back_the_place_of_a_newcomer_that_another_loop_refuses) {
  Server server({.max_connections = 2, .max_per_source = 2});
  std::atomic<int> asked{0};
  server.factory = [&](const Address&) {
    const int number = asked++;
    if (number % 4 == 1) return ProtocolRef(nullptr);
    if (number % 4 == 2) throw std::runtime_error("no handler");
    return ProtocolRef(std::make_unique<Teller>(server.pool));
  };
  server.pool.set_reporter([](const Report&) {});
  server.start();
  for (int i = 0; i < 12; ++i) {
    const BlockingClient client = server.client();
    const bool is_served = !client.line_for("hello\n").empty();
    cr_expect(is_served == (i % 4 == 0 || i % 4 == 3), "%d", i);
    server.wait_for_connections(is_served ? 1 : 0);
  }
  server.wait_for_connections(0);
  cr_expect(server.counters().accepted == 6);
  cr_expect(server.refused_by(Refusal::not_admitted) == 3);
  cr_expect(server.refused_by(Refusal::failed) == 3);
}

namespace {

// What the connections of one loop share, and nobody else uses.
struct LoopState {
  LoopState(std::thread::id& made_in, std::thread::id& destroyed_in) : destroyed_in_(destroyed_in) {
    made_in = std::this_thread::get_id();
  }
  LoopState(const LoopState&) = delete;
  LoopState& operator=(const LoopState&) = delete;
  ~LoopState() { destroyed_in_ = std::this_thread::get_id(); }
  int connections = 0;

 private:
  std::thread::id& destroyed_in_;
};

}  // namespace

Test(listener_pool, gives_each_loop_a_factory_whose_state_ends_in_its_thread) {
  std::thread::id made_in;
  std::thread::id destroyed_in;
  std::size_t connections = 0;
  Server* at = nullptr;
  ListenerOptions options;
  options.factory_for = [&](Loop&) -> ProtocolFactory {
    const auto state = std::make_shared<LoopState>(made_in, destroyed_in);
    return [state, &connections, &at](const Address&) {
      connections = static_cast<std::size_t>(++state->connections);
      return ProtocolRef(std::make_unique<Teller>(at->pool));
    };
  };
  Server server(options);
  at = &server;
  cr_expect(made_in == std::this_thread::get_id(), "it is made with the listener");
  server.start();
  std::vector<BlockingClient> clients;
  cr_expect(server.connect(clients, 6) == std::vector<int>({3, 3}));
  std::thread::id second;
  ask(server.pool.loop(1), [&] {
    second = std::this_thread::get_id();
    cr_expect_eq(connections, 3);
  });
  // The listener goes first: the connections stay, and so does what they share.
  ask(server.pool.first(), [&] { server.listener.reset(); });
  ask(server.pool.loop(1), [&] { cr_expect(destroyed_in == std::thread::id()); });
  for (BlockingClient& each : clients) cr_expect(each.line_for("on\n").ends_with(" on\n"));
  clients.clear();
  wait_until(
      server.pool.loop(1), [&] { return destroyed_in != std::thread::id(); },
      "the end of what they share");
  cr_expect(destroyed_in == second);
}

Test(listener_pool, drains_the_connections_of_all_loops) {
  Server server;
  server.start();
  std::vector<BlockingClient> clients;
  (void)server.connect(clients, 4);
  (void)clients[0].line_for("hold\n");
  (void)clients[1].line_for("hold\n");
  std::atomic<bool> done{false};
  ask(server.pool.first(), [&] { server.listener->drain(seconds(600), [&] { done = true; }); });
  cr_expect(clients[2].has_ended());
  cr_expect(clients[3].has_ended());
  clients.erase(clients.begin() + 2, clients.end());
  server.wait_for_connections(2);
  cr_expect(!done, "two are held, one in each loop");
  // A second call can only shorten the deadline.
  ask(server.pool.first(), [&] { server.listener->drain(milliseconds(0)); });
  cr_expect(clients[0].has_ended());
  cr_expect(clients[1].has_ended());
  wait_until(
      server.pool.first(), [&] { return done.load(); }, "the end of the drain");
  cr_expect(server.connections() == 0);
  cr_expect(server.pool.counters().closed_by(CloseReason::drain_deadline) == 2);
}

Test(listener_pool, refuses_those_that_a_loop_takes_after_the_deadline_of_the_drain) {
  Server server;
  std::promise<void> begun;
  std::promise<void> let_go;
  std::atomic<bool> is_first{true};
  std::atomic<std::thread::id> other;
  server.factory = [&](const Address&) {
    if (std::this_thread::get_id() == other && is_first.exchange(false)) {
      begun.set_value();
      let_go.get_future().wait();
    }
    return ProtocolRef(std::make_unique<Teller>(server.pool));
  };
  server.start();
  other = ask(server.pool.loop(1), [] { return std::this_thread::get_id(); });
  std::vector<BlockingClient> clients;
  const auto connect_two = [&] {
    for (int i = 0; i < 2; ++i) {
      clients.push_back(server.client());
      clients.back().send("hold\n");  // or the drain would end it without its deadline
    }
  };
  connect_two();
  begun.get_future().wait();
  connect_two();  // one of them waits for the loop that is in the factory
  server.wait_for_connections(4);
  std::atomic<bool> done{false};
  ask(server.pool.first(), [&] { server.listener->drain(milliseconds(0), [&] { done = true; }); });
  for (int turns = 0; turns < 5; ++turns) ask(server.pool.first(), [] {});
  let_go.set_value();
  for (const BlockingClient& each : clients) {
    while (!each.has_ended()) {
    }
  }
  wait_until(
      server.pool.first(), [&] { return done.load(); }, "the end of the drain");
}

Test(listener_pool, may_be_destroyed_at_the_end_of_its_drain) {
  Server server;
  server.start();
  std::vector<BlockingClient> clients;
  (void)server.connect(clients, 4);
  ask(server.pool.first(),
      [&] { server.listener->drain(seconds(20), [&] { server.listener.reset(); }); });
  for (const BlockingClient& each : clients) cr_expect(each.has_ended());
  clients.clear();
  wait_until(
      server.pool.first(), [&] { return server.listener == nullptr; }, "its end");
}

Test(listener_pool, has_destroyed_its_handlers_when_its_drain_is_over) {
  class Slow final : public Protocol {
   public:
    explicit Slow(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
    ~Slow() override {
      std::this_thread::sleep_for(milliseconds(5));
      --alive_;
    }
    std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
      if (in.front() == std::byte{'x'}) {  // the one before it is destroyed as well
        connection.set_protocol(std::make_unique<Slow>(alive_));
        connection.close();
      } else {
        connection.send(in);
      }
      return in.size();
    }

   private:
    std::atomic<int>& alive_;
  };
  std::atomic<int> alive{0};
  Server server;
  server.factory = [&](const Address&) { return ProtocolRef(std::make_unique<Slow>(alive)); };
  server.start();
  std::vector<BlockingClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(server.client());
    cr_expect(clients.back().line_for("hello\n") == "hello\n");
  }
  std::atomic<int> left{-1};
  ask(server.pool.first(),
      [&] { server.listener->drain(seconds(20), [&] { left = alive.load(); }); });
  for (const BlockingClient& each : clients) each.send("x");
  clients.clear();
  wait_until(
      server.pool.first(), [&] { return left.load() >= 0; }, "the end of the drain");
  cr_expect(left == 0, "%d are left", left.load());
}

Test(listener_pool, leaves_its_connections_open_when_it_is_destroyed) {
  LoopPoolOptions options = Server::two_loops();
  options.loop.max_connections = 5;
  Server server({}, options);
  server.start();
  std::vector<BlockingClient> clients;
  (void)server.connect(clients, 4);
  ask(server.pool.first(), [&] { server.listener.reset(); });
  for (const BlockingClient& each : clients) {
    cr_expect(each.line_for("still\n").ends_with(" still\n"));
  }
  // They count for the pool's limit until they are gone.
  std::unique_ptr<Listener> next;
  ask(server.pool.first(), [&] { next = server.on_first_loop(); });
  const BlockingClient fifth(next->endpoint().address());
  cr_expect(!fifth.line_for("hello\n").empty());
  cr_expect(BlockingClient(next->endpoint().address()).has_ended());
  clients.clear();
  wait_until(
      server.pool.first(), [&] { return server.pool.counters().connections_open == 1; }, "the end");
  ask(server.pool.first(), [] {});
  cr_expect(!BlockingClient(next->endpoint().address()).line_for("hello\n").empty());
  server.running->stop();
  next.reset();
}

Test(listener_pool, drains_with_the_whole_pool) {
  Server server;
  server.start();
  std::vector<BlockingClient> clients;
  (void)server.connect(clients, 6);
  ask(server.pool.first(), [&] { server.pool.drain(seconds(20)); });
  for (const BlockingClient& each : clients) cr_expect(each.has_ended());
  clients.clear();
  server.running->join();
  cr_expect(server.pool.counters().connections_open == 0);
  cr_expect(server.listener->connections() == 0);
}

Test(listener_pool, is_destroyed_with_a_pool_that_was_stopped_in_the_middle) {
  Server server;
  std::vector<BlockingClient> clients;
  server.start();
  (void)server.connect(clients, 6);
  server.running->stop();
  // And newcomers that no loop has taken.
  clients.push_back(server.client());
}

Test(listener_pool, moves_a_connection_before_its_first_byte) {
  Server server({.max_connections = 2});
  std::atomic<int> opened{0};
  std::atomic<int> moved{0};
  // All go to the second loop.
  class Mover final : public Protocol {
   public:
    Mover(Server& server, std::atomic<int>& opened, std::atomic<int>& moved)
        : server_(server), opened_(opened), moved_(moved) {}
    void on_open(Connection& connection) override {
      ++opened_;
      if (&connection.loop() != &server_.pool.loop(1)) connection.move_to(1);
    }
    std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
      connection.send(std::to_string(index_of(server_.pool, connection.loop())) + '\n');
      return in.size();
    }
    void on_close(Connection&, std::error_code reason) override {
      if (reason != make_error_code(CloseReason::moved)) return;
      ++moved_;
      server_.pool.first().post([&server = server_] {
        cr_expect(server.listener->connections() >= 1, "it counts on its way");
      });
    }

   private:
    Server& server_;
    std::atomic<int>& opened_;
    std::atomic<int>& moved_;
  };
  server.factory = [&](const Address&) {
    return ProtocolRef(std::make_unique<Mover>(server, opened, moved));
  };
  server.start();
  std::vector<BlockingClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(server.client());
    cr_expect(clients.back().line_for("where\n") == "1\n");
  }
  cr_expect(moved >= 1);
  cr_expect(opened == 2 + moved);
  cr_expect(server.connections() == 2);
  cr_expect(server.counters().accepted == 2, "each counts once");
  cr_expect(server.client().has_ended(), "and for the limit");
  clients.clear();
  server.wait_for_connections(0);
}

Test(listener_pool, moves_a_connection_from_one_other_loop_to_the_next_and_to_its_own) {
  Server server({}, {.loops = 3, .loop = backend_options()});
  class Wanderer final : public Protocol {
   public:
    Wanderer(LoopPool& pool, std::atomic<int>& hops) : pool_(pool), hops_(hops) {}
    void on_open(Connection& connection) override {
      const std::size_t here = index_of(pool_, connection.loop());
      if (++hops_ <= 7) return connection.move_to((here + 1) % 3);
      connection.send(std::to_string(here) + '\n');
    }
    std::size_t on_data(Connection&, std::span<const std::byte> in) override { return in.size(); }

   private:
    LoopPool& pool_;
    std::atomic<int>& hops_;
  };
  std::atomic<int> hops{0};
  server.factory = [&](const Address&) {
    return ProtocolRef(std::make_unique<Wanderer>(server.pool, hops));
  };
  server.start();
  BlockingClient client = server.client();
  cr_expect(client.line() == "1\n", "seven loops after the first one");
  cr_expect(server.counters().accepted == 1);
  client.close();
  server.wait_for_connections(0);
}

Test(listener_pool, survives_clients_of_several_threads_that_come_and_go) {
  Server server({.max_connections = 64}, {.loops = 3, .loop = backend_options()});
  server.start();
  std::vector<std::thread> crowd;
  std::atomic<int> answered{0};
  for (int i = 0; i < 3; ++i) {
    crowd.emplace_back([&] {
      for (int k = 0; k < 100; ++k) {
        const BlockingClient client = server.client();
        if (k % 3 == 0) continue;  // goes before it is served
        if (client.line_for("hello\n").ends_with(" hello\n")) ++answered;
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    (void)server.counters();
    (void)server.pool.counters();
  }
  for (std::thread& each : crowd) each.join();
  cr_expect(answered == 3 * 66);
  server.wait_for_connections(0);
}
