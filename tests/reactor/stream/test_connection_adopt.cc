// A connection that changes hands: its options, and its socket.
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <criterion/criterion.h>

#include "reactor/loop/libev_loop.h"
#include "reactor/stream/connection_table.h"
#include "support/backend.h"
#include "support/streams.h"
#include "support/text.h"
#include <sluice/listener.h>
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

ConnectionOptions idle_after(milliseconds timeout) {
  ConnectionOptions options;
  options.idle_timeout = timeout;
  return options;
}

// What `ends` the connection is, if it was released when it had sent `text`.
struct Release {
  explicit Release(Loop& loop, Pair pair) : peer(std::move(pair.peers)) {
    handler.data = [this](Connection& connection, std::string_view in) {
      connection.send("sent before;");
      released = connection.release();
      connection.send("not sent");
      return in.size();
    };
    Connection::adopt(loop, std::move(pair.ours), handler);
    peer.send("go");
    turn_until(loop, [this] { return handler.closes == 1; });
  }

  Handler handler;
  Peer peer;
  Connection::Released released;
};

struct Hanging final : Protocol {
  void on_hangup(Connection& connection) override {
    ++hangups;
    if (on) on(connection);
  }
  std::size_t on_data(Connection& /*connection*/, std::span<const std::byte> in) override {
    input += text_of(in);
    return in.size();
  }
  void on_eof(Connection& connection) override {
    ended = true;
    connection.close();
  }
  void on_close(Connection& connection, std::error_code error) override {
    ++closes;
    closed_by = error;
    reason = connection.close_reason();
  }

  std::function<void(Connection&)> on;
  int hangups = 0;
  int closes = 0;
  bool ended = false;
  CloseReason reason = CloseReason::open;
  std::error_code closed_by;
  std::string input;
};

int error_of_releasing(Connection& connection) {
  try {
    (void)connection.release();
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

}  // namespace

// --- set_options() ---

Test(connection_adopt, another_idle_timeout_begins_with_the_call) {
  Handler handler;
  MemoryPeer peer(handler, idle_after(seconds(10)));
  peer.advance(seconds(9));
  peer.connection().set_options(idle_after(seconds(60)));
  cr_expect(peer.connection().options().idle_timeout == seconds(60));
  peer.advance(milliseconds(59'999));
  cr_expect(not(peer.closed()));
  peer.advance(milliseconds(1));
  cr_expect(peer.close_reason() == CloseReason::idle_timeout);
}

Test(connection_adopt, a_timeout_can_be_added_and_taken_away) {
  Handler handler;
  MemoryPeer peer(handler);
  peer.connection().set_options(idle_after(seconds(5)));
  peer.advance(seconds(4));
  peer.connection().set_options({});
  peer.advance(seconds(100'000));
  cr_assert(not(peer.closed()));
  peer.connection().set_options(idle_after(seconds(5)));
  peer.advance(seconds(5));
  cr_expect(peer.close_reason() == CloseReason::idle_timeout);
}

Test(connection_adopt, a_message_that_has_begun_gets_the_new_time) {
  ConnectionOptions options;
  options.message_timeout = seconds(5);
  Handler handler;
  handler.data = [](Connection&, std::string_view in) { return in.rfind('\n') + 1; };
  MemoryPeer peer(handler, options);
  peer.send("beg");
  peer.advance(seconds(4));
  options.message_timeout = seconds(20);
  peer.connection().set_options(options);
  peer.advance(milliseconds(19'999));
  cr_expect(not(peer.closed()));
  peer.advance(milliseconds(1));
  cr_expect(peer.close_reason() == CloseReason::message_timeout);
}

Test(connection_adopt, the_first_message_timeout_begins_while_nothing_has_arrived) {
  ConnectionOptions options;
  options.first_message_timeout = seconds(3);
  Handler handler;
  handler.open = [&options](Connection& connection) { connection.set_options(options); };
  MemoryPeer peer(handler);
  peer.advance(seconds(3));
  cr_expect(peer.close_reason() == CloseReason::message_timeout);
}

Test(connection_adopt, a_peer_that_does_not_read_gets_the_new_write_timeout) {
  Handler handler;
  MemoryPeer peer(handler);
  peer.set_window(0);
  peer.connection().send("text");
  peer.settle();
  peer.advance(seconds(59));
  ConnectionOptions options;
  options.write_timeout = seconds(10);
  peer.connection().set_options(options);
  peer.advance(milliseconds(9'999));
  cr_expect(not(peer.closed()));
  peer.advance(milliseconds(1));
  cr_expect(peer.close_reason() == CloseReason::write_timeout);
}

Test(connection_adopt, a_new_mark_counts_for_what_is_queued) {
  Handler handler;
  MemoryPeer peer(handler);
  peer.set_window(0);
  peer.connection().send("ten bytes.");
  peer.settle();
  cr_expect(not(peer.connection().paused()));
  ConnectionOptions options;
  options.high_water = 5;
  peer.connection().set_options(options);
  cr_expect(peer.connection().paused());
  options.high_water = 100;
  peer.connection().set_options(options);
  peer.settle();
  cr_expect(not(peer.connection().paused()));
  cr_expect(handler.journal == "open drain");
}

Test(connection_adopt, options_do_nothing_after_close) {
  Handler handler;
  MemoryPeer peer(handler, idle_after(seconds(5)));
  peer.connection().close();
  peer.connection().set_options({});
  cr_expect(peer.connection().options().idle_timeout == seconds(5));
}

Test(connection_adopt, connections_with_the_same_options_share_their_state) {
  Loop loop(backend_options());
  Handler handler;
  Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), handler);
  std::vector<Peer> peers;
  handler.open = [](Connection& connection) { connection.set_options(idle_after(seconds(5))); };
  for (int i = 0; i < 3; ++i) peers.emplace_back(listener.endpoint().address());
  turn_until(loop, [&] { return listener.connections() == 3; });
  std::vector<const ConnectionOptions*> options;
  Connection::visit(loop, 0, 10, [&](Connection& one) { options.push_back(&one.options()); });
  cr_assert(options.size() == 3);
  cr_expect(options[0] == options[1] && options[1] == options[2]);
  loop.close_all();
}

Test(connection_adopt, a_listener_goes_on_counting_and_draining_such_connections) {
  Loop loop(backend_options());
  Handler handler;
  ListenerOptions options;
  std::size_t gone = 0;
  options.closed = [&gone](const Connection&) { ++gone; };
  const auto listener =
      std::make_unique<Listener>(loop, Endpoint::from("tcp://127.0.0.1:0"), handler, options);
  const Listener* seen = nullptr;
  handler.data = [&seen](Connection& connection, std::string_view in) {
    connection.set_options(idle_after(seconds(100)));
    seen = connection.listener();
    return in.size();
  };
  Peer peer(listener->endpoint().address());
  peer.send("1234");
  turn_until(loop, [&] { return handler.input == "1234"; });
  peer.send("56");
  turn_until(loop, [&] { return handler.input == "123456"; });
  cr_expect(seen == listener.get());
  cr_expect(listener->connections() == 1);
  cr_expect(listener->counters().bytes_in == 6);
  bool drained = false;
  listener->drain(seconds(10), [&drained] { drained = true; });
  peer.end();
  turn_until(loop, [&] { return drained; });
  cr_expect(gone == 1);
  cr_expect(listener->connections() == 0);
  cr_expect(listener->counters().bytes_in == 6);
}

Test(connection_adopt, options_of_its_own_go_with_a_connection) {
  Loop loop(backend_options());
  Handler handler;
  std::vector<Pair> pairs(50);
  for (int round = 0; round < 3; ++round) {
    std::vector<Connection*> connections;
    for (Pair& pair : pairs) {
      pair = unix_pair();
      connections.push_back(&Connection::adopt(loop, std::move(pair.ours), handler));
    }
    milliseconds timeout{1000};
    for (Connection* connection : connections) {
      connection->set_options(idle_after(timeout += milliseconds(1)));
      connection->set_options(idle_after(timeout += milliseconds(1)));
    }
    for (Connection* connection : connections) connection->abort();
    loop.poll();
  }
  cr_expect(handler.closes == 150);
}

Test(connection_adopt, options_may_change_while_a_message_times_out) {
  ConnectionOptions first = idle_after(seconds(60));
  first.message_timeout = seconds(1);
  ConnectionOptions second = first;
  second.message_timeout = seconds(2);
  Loop loop(backend_options());
  Handler handler;
  int calls = 0;
  handler.data = [&](Connection& connection, std::string_view in) -> std::size_t {
    if (++calls > 1) {  // alone in its group, whose list of messages is being looked through
      connection.set_options(second);
      return in.size();
    }
    return 0;
  };
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peers));
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  connection.set_options(first);
  peer.send("begun");
  turn_until(loop, [&] { return calls == 1; });
  std::this_thread::sleep_for(milliseconds(1100));  // no turn: what arrives now is not read yet
  peer.send(", and ended");
  turn_until(loop, [&] { return calls == 2; });
  cr_expect(handler.closes == 0);
  loop.close_all();
}

// --- watch_hangup() ---

Test(connection_adopt, a_paused_connection_reports_once_that_its_peer_has_ended) {
  for (Pair (*make)() : {unix_pair, +[] { return tcp_pair(); }}) {
    for (const bool close : {false, true}) {
      Loop loop(backend_options());
      Hanging handler;
      Pair pair = make();
      Peer peer(std::move(pair.peers));
      Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
      connection.pause();
      connection.watch_hangup();
      connection.watch_hangup();
      peer.send("unread");
      turn_a_while(loop, 3);
      cr_expect(handler.hangups == 0);
      close ? peer.close() : peer.end();
      turn_until(loop, [&] { return handler.hangups == 1; });
      const std::uint64_t turns = loop.counters().turns;
      turn_a_while(loop, 3);
      cr_expect(handler.hangups == 1 && handler.input.empty());
      cr_expect(loop.counters().turns == turns + 3);
      connection.resume();
      turn_until(loop, [&] { return handler.ended; });
      cr_expect(handler.input == "unread");
      loop.close_all();
    }
  }
}

Test(connection_adopt, a_reset_closes_a_paused_connection_that_watches_for_it) {
  Loop loop(backend_options());
  Hanging handler;
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peers));
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  connection.pause();
  connection.watch_hangup();
  peer.reset();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(handler.hangups == 0);
  cr_expect(handler.reason == CloseReason::peer_reset);
}

Test(connection_adopt, a_watch_leaves_the_error_of_a_reset_to_a_connection_that_lingers) {
  Loop loop(backend_options());
  Hanging handler;
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peers));
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  connection.pause();
  connection.watch_hangup();
  connection.send("bye");
  connection.close();
  turn_a_while(loop, 3);
  peer.reset();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(handler.hangups == 0);
  cr_expect(handler.reason == CloseReason::peer_reset);
}

Test(connection_adopt, a_hangup_may_end_the_watch_of_another_connection) {
  Loop loop(backend_options());
  Hanging handler;
  std::vector<Peer> peers;
  std::vector<Connection*> connections;
  for (int i = 0; i < 4; ++i) {
    Pair pair = unix_pair();
    peers.emplace_back(std::move(pair.peers));
    connections.push_back(&Connection::adopt(loop, std::move(pair.ours), handler));
    connections.back()->pause();
    connections.back()->watch_hangup();
  }
  handler.on = [&](Connection& connection) {
    connections[&connection == connections[0] ? 1 : 0]->abort();
  };
  peers[0].close();  // both wait in one report of the system
  peers[1].close();
  turn_until(loop, [&] { return handler.closes == 1; });
  turn_a_while(loop, 3);
  cr_expect(handler.hangups == 1);
  handler.on = nullptr;
  for (int i = 2; i < 4; ++i) {
    peers[static_cast<std::size_t>(i)].close();
    turn_until(loop, [&] { return handler.hangups == i; });
  }
  loop.close_all();
}

Test(connection_adopt, a_hangup_in_memory_is_reported_too) {
  Hanging handler;
  MemoryPeer peer(handler);
  peer.connection().pause();
  peer.connection().watch_hangup();
  peer.end();
  cr_expect(handler.hangups == 1);
  MemoryPeer second(handler);
  second.connection().pause();
  second.connection().watch_hangup();
  second.reset();
  cr_expect(second.close_reason() == CloseReason::peer_reset);
}

Test(connection_adopt, a_hangup_in_memory_has_the_error_of_its_peer) {
  Hanging handler;
  MemoryPeer peer(handler);
  peer.connection().pause();
  peer.connection().watch_hangup();
  peer.reset(ETIMEDOUT);
  cr_expect(handler.closed_by == std::error_code(ETIMEDOUT, std::generic_category()), "%s",
            handler.closed_by.message().c_str());
}

Test(connection_adopt, a_handler_may_answer_and_close_when_its_peer_has_gone) {
  Loop loop(backend_options());
  Hanging handler;
  handler.on = [](Connection& connection) {
    connection.send("stopped");
    connection.close();
  };
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peers));
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  connection.pause();
  connection.watch_hangup();
  peer.end();
  cr_expect(peer.receive_all(loop) == "stopped");
  turn_until(loop, [&] { return handler.closes == 1; });
}

Test(connection_adopt, a_hosts_loop_ends_although_a_connection_watched_for_a_hangup) {
  Loop loop(backend_options());
  Hanging handler;
  std::vector<Peer> peers;
  for (int i = 0; i < 200; ++i) {
    Pair pair = unix_pair();
    Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
    connection.pause();
    connection.watch_hangup();
    if (i % 3 == 0) connection.abort();
    peers.emplace_back(std::move(pair.peers));
  }
  peers.clear();
  turn_until(loop, [&] { return handler.hangups == 133; });
  loop.close_all();
  cr_expect(handler.closes == 200);
}

// --- release() ---

Test(connection_adopt, a_released_socket_has_had_what_was_sent_and_is_open) {
  for (Pair (*make)() : {unix_pair, +[] { return tcp_pair(); }}) {
    Loop loop(backend_options());
    Release one(loop, make());
    cr_expect(one.handler.journal == "open data close:closed in order", "%s",
              one.handler.journal.c_str());
    cr_expect(one.released.unsent.empty());
    const int fd = one.released.socket.get();
    cr_assert(fd >= 0);
    cr_expect(::send(fd, "sent after", 10, 0) == 10);
    cr_expect(one.peer.receive(loop, 22) == "sent before;sent after");
    cr_expect(not(one.peer.ended()));
  }
}

Test(connection_adopt, what_the_system_did_not_accept_is_handed_over) {
  Loop loop(backend_options());
  Pair pair = unix_pair();
  set_send_buffer(pair, 4096);
  Handler handler;
  Peer peer(std::move(pair.peers));
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  std::string text(300'000, 'a');
  text += std::string(300'000, 'b');
  connection.send(text.substr(0, 100));
  connection.send(Payload::copy(text.substr(100)));
  loop.poll();
  const Connection::Released released = connection.release();
  loop.poll();
  const std::string received = peer.waiting();
  cr_expect(not(released.unsent.empty()));
  cr_expect(received + text_of(released.unsent) == text);
}

Test(connection_adopt, a_released_socket_can_be_adopted_again_at_once) {
  Loop loop(backend_options());
  Loop other(backend_options());
  for (Loop* next : {&loop, &other}) {
    Release one(loop, tcp_pair());
    Handler second;
    Connection::adopt(*next, std::move(one.released.socket), second);
    one.peer.send("more");
    turn_until(*next, [&] { return second.input == "more"; });
    // The loop that released it does not see its events.
    const std::uint64_t turns = loop.counters().turns;
    turn_a_while(loop, 2);
    cr_expect(loop.counters().turns == turns + 2);
    next->close_all();
  }
}

// Whether epoll has the descriptor, as /proc says.
bool is_watched(int epoll, int fd) {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(epoll));
  std::string word;
  int number = -1;
  while (info >> word) {
    if (word == "tfd:" && info >> number && number == fd) return true;
  }
  return false;
}

Test(connection_adopt, the_loop_forgets_a_released_socket) {
  LoopOptions options;
  options.backend = Backend::epoll;
  Loop loop(options);
  const int epoll = detail::loop_descriptor(loop.native());
  cr_assert(epoll >= 0);
  Handler handler;
  Pair pair = tcp_pair();
  const int fd = pair.ours.get();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  loop.poll();
  cr_expect(is_watched(epoll, fd));
  const Connection::Released released = connection.release();
  cr_expect(released.socket.get() == fd);
  cr_expect(not(is_watched(epoll, fd)));
  loop.poll();
  cr_expect(not(is_watched(epoll, fd)));
}

Test(connection_adopt, only_an_open_connection_on_a_plain_socket_is_released) {
  Handler handler;
  MemoryPeer memory(handler);
  cr_expect(error_of_releasing(memory.connection()) == EINVAL);
  Loop loop(backend_options());
  for (const bool close : {false, true}) {
    Pair pair = unix_pair();
    Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
    close ? connection.close() : connection.shutdown();
    cr_expect(error_of_releasing(connection) == EINVAL);
    connection.abort();
    loop.poll();
  }
}

Test(connection_adopt, a_release_whose_write_fails_closes_the_connection) {
  Loop loop(backend_options());
  Handler handler;
  Pair pair = unix_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  pair.peers.reset();
  connection.send("text");
  cr_expect(error_of_releasing(connection) == EPIPE);
  loop.poll();
  cr_expect(handler.closes == 1);
  cr_expect(handler.last_reason.value() == EPIPE);
}
