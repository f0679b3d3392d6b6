// The rules that make callbacks safe, one test for each: what a handler may do to its connection,
// to others, to the listener and to the loop while it runs.
#include <fcntl.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/heap.h"
#include "support/streams.h"
#include "support/text.h"

using namespace sluice;
using namespace sluice::test;

namespace {

using Action = std::function<void(Connection&)>;

// Runs `action` in the named callback.
void act_in(Handler& handler, std::string_view callback, const Action& action) {
  if (callback == "on_open") handler.open = action;
  if (callback == "on_eof") handler.eof = action;
  if (callback == "on_writable") handler.drain = action;
  if (callback == "on_data") {
    handler.data = [action](Connection& connection, std::string_view in) {
      action(connection);
      return in.size();
    };
  }
  if (callback == "on_close") {
    handler.close = [action](Connection& connection, std::error_code) { action(connection); };
  }
}

// Adopts a connection and causes each of its callbacks, as long as it is open.
void live_through(Loop& loop, Handler& handler) {
  Pair pair = tcp_pair();
  ConnectionOptions options;
  options.high_water = 10;
  const ConnectionId id = Connection::adopt(loop, std::move(pair.ours), handler, options).id();
  Peer peer(std::move(pair.peers));
  peer.offer("data");
  turn_a_while(loop, 3);
  if (Connection* connection = Connection::find(loop, id)) connection->send("more than ten");
  turn_a_while(loop, 3);
  peer.end();
  turn_a_while(loop, 3);
  peer.close();
  turn_until(loop, [&] { return Connection::find(loop, id) == nullptr; });
}

std::vector<Peer> adopt_many(Loop& loop, Handler& handler, int count) {
  std::vector<Peer> peers;
  for (int i = 0; i < count; ++i) {
    Pair pair = unix_pair();
    Connection::adopt(loop, std::move(pair.ours), handler);
    peers.emplace_back(std::move(pair.peers));
  }
  return peers;
}

constexpr std::array kCallbacks = {"on_open", "on_data", "on_writable", "on_eof"};

}  // namespace

Test(connection_lifetime, a_handler_may_close_or_abort_its_connection_in_each_callback) {
  for (const char* callback : kCallbacks) {
    for (const bool abort : {false, true}) {
      Handler handler;
      act_in(handler, callback, [abort](Connection& connection) {
        connection.send("bye");
        abort ? connection.abort() : connection.close();
        connection.send("too late");
      });
      Loop loop(backend_options());
      live_through(loop, handler);
      cr_expect(handler.closes == 1 && !handler.nested, "%s: %s", callback,
                handler.journal.c_str());
      cr_expect(handler.journal.rfind(abort ? "close:aborted" : "close:closed in order") !=
                    std::string::npos,
                "%s: %s", callback, handler.journal.c_str());
    }
  }
}

Test(connection_lifetime, a_handler_may_close_another_connection_which_then_gets_only_on_close) {
  Handler handler;
  std::vector<Connection*> both;
  handler.open = [&](Connection& connection) { both.push_back(&connection); };
  handler.data = [&](Connection& connection, std::string_view in) {
    both[both[0] == &connection ? 1 : 0]->abort();
    return in.size();
  };
  Loop loop(backend_options());
  std::vector<Peer> peers = adopt_many(loop, handler, 2);
  // Both are readable in the same turn: the kernel has already returned the event of the second.
  for (Peer& peer : peers) peer.send("!");
  loop.poll();
  loop.poll();
  cr_expect(handler.journal == "open open data close:aborted", "%s", handler.journal.c_str());
  cr_expect(!handler.nested);
  cr_expect(loop.counters().connections_open == 1);
}

Test(connection_lifetime, a_handler_may_close_all_connections_from_one) {
  Handler handler;
  std::vector<Connection*> all;
  handler.open = [&](Connection& connection) { all.push_back(&connection); };
  handler.data = [&](Connection&, std::string_view in) {
    for (Connection* connection : all) connection->send("closing time");
    for (Connection* connection : all) connection->close();
    return in.size();
  };
  Loop loop(backend_options());
  std::vector<Peer> peers = adopt_many(loop, handler, 10);
  for (Peer& peer : peers) peer.send("!");
  for (Peer& peer : peers) cr_expect(peer.receive_all(loop) == "closing time");
  for (Peer& peer : peers) peer.close();
  turn_until(loop, [&] { return handler.closes == 10; });
  cr_expect(!handler.nested);
}

Test(connection_lifetime, a_send_in_on_close_reaches_others_and_not_the_closed_one) {
  Handler handler;
  Connection* other = nullptr;
  handler.close = [&](Connection& connection, std::error_code) {
    connection.send("nobody hears this");
    connection.shutdown();
    connection.close();
    connection.abort();
    other->send("one has left");
  };
  Handler quiet;
  Loop loop(backend_options());
  Pair stays = unix_pair();
  other = &Connection::adopt(loop, std::move(stays.ours), quiet);
  Peer witness(std::move(stays.peers));
  live_through(loop, handler);
  cr_expect(witness.receive(loop, 12) == "one has left");
  cr_expect(handler.closes == 1);
}

Test(connection_lifetime, an_exception_of_a_handler_closes_its_connection_and_the_loop_continues) {
  for (const char* callback : kCallbacks) {
    Handler handler;
    act_in(handler, callback, [](Connection&) { throw std::runtime_error("thrown"); });
    std::vector<Report> reports;
    Loop loop(backend_options());
    loop.set_reporter([&](const Report& report) { reports.push_back(report); });
    live_through(loop, handler);
    cr_expect(handler.last_reason == make_error_code(CloseReason::handler_threw));
    cr_expect(handler.closes == 1 && !handler.nested);
    cr_assert(reports.size() == 1);
    cr_expect(reports[0].where == callback && reports[0].what == "thrown");
    cr_expect(loop.counters().closed_by(CloseReason::handler_threw) == 1);
    Handler next;
    live_through(loop, next);
    cr_expect(next.journal == "open data drain eof close:closed in order", "%s",
              next.journal.c_str());
  }
}

Test(connection_lifetime, an_exception_after_close_or_in_on_close_has_no_other_effect) {
  for (const bool abort : {false, true}) {
    Handler handler;
    act_in(handler, "on_data", [abort](Connection& connection) {
      abort ? connection.abort() : connection.close();
      throw std::runtime_error("after the end");
    });
    act_in(handler, "on_close", [](Connection&) { throw 42; });
    std::vector<Report> reports;
    Loop loop(backend_options());
    loop.set_reporter([&](const Report& report) { reports.push_back(report); });
    live_through(loop, handler);
    cr_expect(handler.closes == 1);
    cr_assert(reports.size() == 2);
    cr_expect(reports[1].where == "on_close");
    cr_expect(reports[1].what == "an exception that is not a std::exception");
    cr_expect(
        loop.counters().closed_by(abort ? CloseReason::aborted : CloseReason::handler_threw) == 1);
  }
}

Test(connection_lifetime, a_handler_may_adopt_another_connection_whose_on_open_runs_inside) {
  Handler inner;
  inner.open = [](Connection& connection) { connection.send(std::string(100, 'x')); };
  Handler handler;
  std::vector<Peer> peers;
  act_in(handler, "on_data", [&](Connection& connection) {
    connection.send("before ");
    Pair pair = unix_pair();
    ConnectionOptions options;
    options.high_water = 10;
    Connection::adopt(connection.loop(), std::move(pair.ours), inner, options);
    cr_expect(inner.journal == "open", "but not its on_writable()");
    peers.emplace_back(std::move(pair.peers));
    connection.send("after");
  });
  act_in(handler, "on_close", [&](Connection& connection) {
    Pair pair = unix_pair();
    Connection::adopt(connection.loop(), std::move(pair.ours), inner);
    peers.emplace_back(std::move(pair.peers));
  });
  Loop loop(backend_options());
  live_through(loop, handler);
  cr_assert(peers.size() == 2);
  for (Peer& adopted : peers) cr_expect(adopted.receive(loop, 100) == std::string(100, 'x'));
  cr_expect(inner.journal == "open drain open", "%s", inner.journal.c_str());
  cr_expect(!inner.nested && !handler.nested);
}

Test(connection_lifetime, a_hundred_may_close_in_one_turn_with_one_on_close_each) {
  Handler handler;
  Loop loop(backend_options());
  std::vector<Peer> peers = adopt_many(loop, handler, 100);
  turn_a_while(loop, 2);
  for (Peer& peer : peers) peer.close();
  loop.poll();
  loop.poll();
  cr_expect(handler.closes == 100);
  cr_expect(loop.counters().connections_open == 0);
  cr_expect(loop.counters().closed_by(CloseReason::peer_closed) == 100);
}

Test(connection_lifetime, a_chain_of_closes_each_in_the_previous_on_close_ends) {
  Handler handler;
  std::vector<Connection*> all;
  handler.open = [&](Connection& connection) { all.push_back(&connection); };
  handler.close = [&](Connection&, std::error_code) {
    if (handler.closes < all.size()) all[handler.closes]->abort();
  };
  Loop loop(backend_options());
  const std::vector<Peer> peers = adopt_many(loop, handler, 50);
  all[0]->abort();
  loop.poll();
  cr_expect(handler.closes < 50, "one end of turn serves descriptors too");
  turn_until(loop, [&] { return handler.closes == 50; });
  cr_expect(!handler.nested);
}

// The state that epoll has for a number belongs to the socket that had it before.
Test(connection_lifetime, a_descriptor_that_is_reused_at_once_is_watched_again) {
  for (const bool blocked : {false, true}) {
    Handler handler;
    Handler successor;
    std::optional<Peer> heir;
    int reused = -1;
    Loop loop(backend_options());
    Pair going = unix_pair();
    const int number = going.ours.get();
    Connection& first = Connection::adopt(loop, std::move(going.ours), handler);
    Pair next = unix_pair();
    Connection& second = Connection::adopt(loop, std::move(next.ours), handler);
    Pair last = unix_pair();
    if (blocked) first.send(std::string(4'000'000, 'x'));  // it also waits to write
    turn_a_while(loop, 2);
    handler.close = [&](Connection& connection, std::error_code) {
      if (&connection != &second) return;
      Fd same(::fcntl(last.ours.get(), F_DUPFD_CLOEXEC, 0));  // the first one's number is free now
      reused = same.get();
      last.ours.reset();
      Connection::adopt(loop, std::move(same), successor).send("hello");
    };
    first.abort();
    second.abort();
    loop.poll();
    cr_assert(reused == number, "%d is not %d: the test would prove nothing", reused, number);
    heir.emplace(std::move(last.peers));
    heir->send("heard?");
    turn_until(loop, [&] { return successor.input == "heard?"; });
    cr_expect(heir->receive(loop, 5) == "hello");
    heir->close();
    turn_until(loop, [&] { return successor.closes == 1; });
    cr_expect(handler.closes == 2);
  }
}

Test(connection_lifetime, eight_threads_may_post_and_use_the_ids_of_connections) {
  Handler handler;
  std::vector<ConnectionId> ids;
  handler.open = [&](Connection& connection) { ids.push_back(connection.id()); };
  Loop loop(backend_options());
  std::vector<Peer> peers = adopt_many(loop, handler, 8);
  constexpr int kPosts = 500;
  int done = 0;
  int found = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    threads.emplace_back([&, t, id = ids[t]] {
      for (int i = 0; i < kPosts; ++i) {
        loop.post([&, t, i, id] {
          ++done;
          Connection* connection = Connection::find(loop, id);
          if (connection == nullptr) return;
          ++found;
          connection->send("x");
          // half of them close while their thread still uses their ids
          if (t % 2 == 0 && i == kPosts / 2) connection->abort();
        });
      }
    });
  }
  turn_until(loop, [&] { return done == 8 * kPosts; });
  for (std::thread& thread : threads) thread.join();
  turn_a_while(loop, 3);
  cr_expect(handler.closes == 4);
  cr_expect(found >= 4 * kPosts && found <= 8 * kPosts);
  for (std::size_t t = 1; t < peers.size(); t += 2) {
    cr_expect(peers[t].waiting() == std::string(kPosts, 'x'));
  }
}

Test(connection_lifetime, no_memory_for_a_buffer_closes_only_that_connection) {
  std::optional<heap::Shortage> shortage;
  Handler handler;
  Handler leaves_all;
  Connection* other = nullptr;
  act_in(handler, "on_data", [&](Connection&) {
    shortage.emplace();
    other->send(Payload());
    other->send(std::string_view("a byte for another's queue"));
    shortage.reset();
  });
  leaves_all.data = [&](Connection&, std::string_view) {
    shortage.emplace();  // until the turn is over
    return std::size_t{0};
  };
  Loop loop(backend_options());
  std::vector<Peer> senders = adopt_many(loop, handler, 1);
  std::vector<Peer> others = adopt_many(loop, leaves_all, 2);
  other = Connection::find(loop, {1, 2});
  cr_assert(other != nullptr && &other->protocol() == &leaves_all);
  senders[0].send("!");
  turn_until(loop, [&] { return leaves_all.closes == 1; });
  cr_expect(leaves_all.last_reason == std::errc::not_enough_memory);
  cr_expect(handler.closes == 0, "the sender stays open");
  others[1].send("?");
  loop.poll();
  shortage.reset();
  cr_expect(loop.counters().closed_by(CloseReason::system_error) == 2);
  cr_expect(loop.counters().connections_open == 1);
}

// If the pass stopped in the middle, the connections after that one would be forgotten.
Test(connection_lifetime, no_memory_at_the_end_of_a_turn_does_not_affect_others) {
  std::optional<heap::Shortage> shortage;
  Handler handler;
  const std::string large(60'000, 'x');
  handler.drain = [&](Connection& connection) {
    shortage.emplace();
    connection.send("x");
    connection.send(large);  // is collected; there is no memory for a queue
  };
  Loop loop(backend_options());
  ConnectionOptions options;
  options.high_water = 10;
  Pair pair = unix_pair();
  Connection& first = Connection::adopt(loop, std::move(pair.ours), handler, options);
  Handler others;
  std::vector<Peer> peers = adopt_many(loop, others, 1);
  first.send("more than ten");
  Connection::find(loop, {1, 2})->send("served");
  loop.poll();
  shortage.reset();
  cr_expect(peers[0].waiting() == "served");
  cr_expect(loop.counters().closed_by(CloseReason::system_error) == 1);
  Connection::find(loop, {1, 2})->abort();
  loop.poll();
  cr_expect(others.closes == 1);
}
