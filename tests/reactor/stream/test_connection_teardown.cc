// Objects that are destroyed while connections exist: the loop, the listener, the handler itself,
// each at the worst moment.
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include <sluice/listener.h>

using namespace sluice;
using namespace sluice::test;

namespace {

const Endpoint kAnyPort = Endpoint::from("tcp://127.0.0.1:0");

// A handler whose destructor does something.
class Parting final : public Protocol {
 public:
  explicit Parting(std::function<void()> last) : last_(std::move(last)) {}
  Parting(const Parting&) = delete;
  Parting& operator=(const Parting&) = delete;
  ~Parting() override { last_(); }
  std::size_t on_data(Connection&, std::span<const std::byte> in) override { return in.size(); }

 private:
  std::function<void()> last_;
};

std::vector<Peer> adopt_many(Loop& loop, Handler& handler, int count) {
  std::vector<Peer> peers;
  for (int i = 0; i < count; ++i) {
    Pair pair = unix_pair();
    Connection::adopt(loop, std::move(pair.ours), handler);
    peers.emplace_back(std::move(pair.peers));
  }
  return peers;
}

}  // namespace

Test(connection_teardown, a_loop_that_is_destroyed_closes_its_connections_and_runs_each_on_close) {
  Handler handler;
  std::optional<Loop> loop;
  loop.emplace(backend_options());
  std::vector<Peer> peers = adopt_many(*loop, handler, 10);
  loop->poll();
  Connection::find(*loop, {3, 4})->close();  // one is closing already
  loop.reset();
  cr_expect(handler.closes == 10 && !handler.nested);
  cr_expect(handler.last_reason == make_error_code(CloseReason::loop_destroyed));
  for (Peer& peer : peers) {
    cr_expect(peer.waiting().empty() && peer.ended());
  }
}

Test(connection_teardown, on_close_may_find_others_and_use_the_loop_during_its_destruction) {
  Handler handler;
  std::vector<ConnectionId> ids;
  int found = 0;
  int refused = 0;
  handler.open = [&](Connection& connection) { ids.push_back(connection.id()); };
  handler.close = [&](Connection& connection, std::error_code) {
    Loop& loop = connection.loop();
    for (const ConnectionId id : ids) {
      Connection* other = Connection::find(loop, id);
      if (other == nullptr) continue;
      ++found;
      other->send("farewell");
      other->abort();
    }
    loop.defer([] {});
    loop.post([] {});
    loop.drain(std::chrono::milliseconds(1));
    loop.stop();
    // A handler that reconnects after each close must not keep the loop's destructor from ending.
    Pair pair = unix_pair();
    try {
      Connection::adopt(loop, std::move(pair.ours), handler);
    } catch (const std::system_error& error) {
      refused += error.code().value() == ECANCELED ? 1 : 0;
    }
  };
  {
    Loop loop(backend_options());
    adopt_many(loop, handler, 3);
  }
  cr_expect(handler.closes == 3);
  cr_expect(found == 3 + 2 + 1);
  cr_expect(refused == 3);
}

Test(connection_teardown, nobody_can_reconnect_at_the_deadline_of_a_drain) {
  Handler handler;
  int refused = 0;
  const auto adopt = [&](Loop& loop) {
    Pair pair = unix_pair();
    Connection::adopt(loop, std::move(pair.ours), handler);
  };
  handler.close = [&](Connection& connection, std::error_code) {
    try {
      adopt(connection.loop());
    } catch (const std::system_error&) {
      ++refused;
    }
  };
  Loop loop(backend_options());
  const std::vector<Peer> peers = adopt_many(loop, handler, 2);
  bool done = false;
  loop.drain(std::chrono::milliseconds(10), [&] { done = true; });
  turn_until(loop, [&] { return done; });
  cr_expect(refused == 2);
  adopt(loop);
  cr_expect(loop.counters().connections_open == 1, "afterwards the loop works as before");
}

Test(connection_teardown, the_destructor_of_a_handler_may_do_anything) {
  Handler other;
  Loop loop(backend_options());
  std::vector<Peer> peers = adopt_many(loop, other, 1);
  Connection* witness = Connection::find(loop, {0, 1});
  Pair pair = unix_pair();
  ConnectionId own;
  bool was_found = true;
  Connection& connection =
      Connection::adopt(loop, std::move(pair.ours), std::make_unique<Parting>([&] {
                          was_found = Connection::find(loop, own) != nullptr;
                          witness->close();
                          for (Peer& peer : adopt_many(loop, other, 100)) peer.close();
                        }));
  own = connection.id();
  connection.abort();
  turn_until(loop, [&] { return other.closes == 100; });
  cr_expect(!was_found);
  cr_expect(witness->state() == Connection::State::lingering);
}

Test(connection_teardown, a_listener_may_be_destroyed_in_each_callback_of_its_connections) {
  for (const char* callback : {"factory", "on_open", "on_data", "on_close", "destructor"}) {
    const std::string_view when = callback;
    Handler handler;
    std::optional<Listener> listener;
    Loop loop(backend_options());
    const auto let_go_in = [&](std::string_view here) {
      if (when == here) listener.reset();
    };
    handler.open = [&](Connection&) { let_go_in("on_open"); };
    handler.data = [&](Connection& connection, std::string_view in) {
      let_go_in("on_data");
      connection.send(in);
      return in.size();
    };
    handler.close = [&](Connection&, std::error_code) { let_go_in("on_close"); };
    ListenerOptions options;
    options.max_per_source = 2;  // so that the listener is called when a connection closes
    listener.emplace(
        loop, kAnyPort,
        [&, used = std::make_shared<int>(0)](const Address&) -> ProtocolRef {
          let_go_in("factory");
          ++*used;  // the function itself must still exist
          if (when != "destructor") return handler;
          return std::make_unique<Parting>([&] { let_go_in("destructor"); });
        },
        options);
    const Address address = listener->endpoint().address();
    Peer peer(address);
    Peer second(address);
    turn_until(loop, [&] { return loop.counters().accepted > 0; });
    if (when != "destructor") {
      peer.send("still served");
      cr_expect(peer.receive(loop, 12) == "still served", "%s", callback);
    }
    peer.close();
    second.close();
    turn_until(loop, [&] { return loop.counters().connections_open == 0; });
    cr_expect(!listener.has_value(), "%s", callback);
    cr_expect(loop.counters().accepted == (when == "factory" || when == "on_open" ? 1U : 2U), "%s",
              callback);
  }
}

Test(connection_teardown, a_listener_may_be_destroyed_in_the_report_of_a_refusal) {
  Handler handler;
  std::optional<Listener> listener;
  Loop loop(backend_options());
  loop.set_reporter([&](const Report&) { listener.reset(); });
  ListenerOptions options;
  options.max_connections = 0;
  listener.emplace(loop, kAnyPort, handler, options);
  const Address address = listener->endpoint().address();
  Peer peer(address);
  const Peer second(address);
  peer.receive_all(loop);
  cr_expect(!listener.has_value());
  cr_expect(loop.counters().refused == 1);
}

Test(connection_teardown, a_listener_may_be_closed_inside_a_batch) {
  Handler handler;
  std::optional<Listener> listener;
  handler.open = [&](Connection&) { listener->close(); };
  Loop loop(backend_options());
  listener.emplace(loop, kAnyPort, handler);
  const Address address = listener->endpoint().address();
  const Peer first(address);
  Peer second(address);
  second.receive_all(loop);
  cr_expect(loop.counters().accepted == 1);
  cr_expect(listener->connections() == 1, "a listener that is closed keeps its connections");
  listener.reset();
  cr_expect(loop.counters().connections_open == 1);
}
