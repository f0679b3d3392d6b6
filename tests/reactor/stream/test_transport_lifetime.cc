// The rules that make callbacks safe, with the transport of man/examples/transport.cc between real
// sockets and handlers, and how listeners, connectors and adopt() make transports.
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/hooked_transport.h"
#include "support/streams.h"
#include "support/xor_transport.h"
#include <sluice/connector.h>
#include <sluice/listener.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

namespace {

using Action = std::function<void(Connection&)>;

ConnectionOptions xored() {
  ConnectionOptions options;
  options.transport = make_xor;
  return options;
}

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
}

constexpr std::array kCallbacks = {"on_open", "on_data", "on_writable", "on_eof"};

// Two connections to each other, each with a transport.
struct Talk {
  explicit Talk(const ConnectionOptions& our_options = xored(),
                const ConnectionOptions& peers_options = xored())
      : loop(backend_options()) {
    Pair pair = tcp_pair();
    our_id = Connection::adopt(loop, std::move(pair.ours), ours, our_options).id();
    peers_id = Connection::adopt(loop, std::move(pair.peers), peers, peers_options).id();
  }
  Connection* our() { return Connection::find(loop, our_id); }
  Connection* peer() { return Connection::find(loop, peers_id); }
  void until_open() {
    turn_until(
        loop, [&] { return our()->opened() && peer()->opened(); }, "the handshake");
  }

  Handler ours;
  Handler peers;
  Loop loop;
  ConnectionId our_id;
  ConnectionId peers_id;
};

// Causes each callback of `handler`, as long as its connection is open.
void live_through(Handler& handler) {
  Handler far;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  ConnectionOptions options = xored();
  options.high_water = 10;
  const ConnectionId id = Connection::adopt(loop, std::move(pair.ours), handler, options).id();
  Connection& other = Connection::adopt(loop, std::move(pair.peers), far, xored());
  const ConnectionId other_id = other.id();
  other.send("data");
  turn_a_while(loop, 4);
  if (Connection* connection = Connection::find(loop, id)) connection->send("more than ten");
  turn_a_while(loop, 4);
  if (Connection* connection = Connection::find(loop, other_id)) connection->close();
  turn_until(loop, [&] { return Connection::find(loop, id) == nullptr; });
}

}  // namespace

Test(transport_lifetime, lets_a_handler_close_or_abort_in_each_callback) {
  for (const char* callback : kCallbacks) {
    for (const bool abort : {false, true}) {
      Handler handler;
      act_in(handler, callback, [abort](Connection& connection) {
        connection.send("bye");
        abort ? connection.abort() : connection.close();
        connection.send("too late");
      });
      live_through(handler);
      cr_expect(handler.closes == 1 && !handler.nested, "%s: %s", callback,
                handler.journal.c_str());
      cr_expect(handler.journal.rfind(abort ? "close:aborted" : "close:closed in order") !=
                    std::string::npos,
                "%s: %s", callback, handler.journal.c_str());
    }
  }
}

Test(transport_lifetime, lets_a_handler_pause_and_resume_in_each_callback) {
  for (const char* callback : kCallbacks) {
    Handler handler;
    act_in(handler, callback, [](Connection& connection) {
      connection.pause();
      connection.send("paused");
      connection.resume();
      if (connection.peer_ended()) connection.close();
    });
    live_through(handler);
    cr_expect(handler.journal.starts_with("open data drain eof close:closed in order") ||
                  handler.journal.starts_with("open data drain data eof close:closed in order"),
              "%s: %s", callback, handler.journal.c_str());
  }
}

Test(transport_lifetime, closes_the_connection_of_a_handler_that_throws_in_each_callback) {
  for (const char* callback : kCallbacks) {
    Handler handler;
    act_in(handler, callback, [](Connection&) { throw std::runtime_error("as the test wants"); });
    live_through(handler);
    cr_expect(handler.closes == 1 && handler.last_reason == CloseReason::handler_threw, "%s: %s",
              callback, handler.journal.c_str());
  }
}

Test(transport_lifetime, lets_others_close_and_abort_a_connection_during_its_handshake) {
  for (const bool abort : {false, true}) {
    Handler handler;
    Loop loop(backend_options());
    Pair pair = tcp_pair();
    const ConnectionId id = Connection::adopt(loop, std::move(pair.ours), handler, xored()).id();
    Peer silent(std::move(pair.peers));
    turn_a_while(loop, 3);
    Connection* connection = Connection::find(loop, id);
    cr_assert(connection != nullptr && connection->state() == Connection::State::opening);
    cr_expect(connection->peer() == connection->socket_peer());
    abort ? connection->abort() : connection->close();
    cr_expect(Connection::find(loop, id) != nullptr, "until its on_close()");
    turn_until(loop, [&] { return Connection::find(loop, id) == nullptr; });
    cr_expect(handler.journal == (abort ? "close:aborted" : "close:closed in order"), "%s",
              handler.journal.c_str());
    cr_expect(silent.waiting() == std::string("K\0\1\1", 4), "its key, and nothing more");
    turn_until(loop, [&] { return silent.waiting(), silent.ended(); });
    cr_expect(silent.error() == (abort ? ECONNRESET : 0));
  }
}

Test(transport_lifetime, gives_up_a_peer_that_does_not_finish_its_handshake_in_time) {
  ConnectionOptions options = xored();
  options.open_timeout = milliseconds(200);
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  const auto begin = Clock::now();
  Connection::adopt(loop, std::move(pair.ours), handler, options);
  Peer slow(std::move(pair.peers));
  // Something is always ready: a frame of 1,000 bytes, of which each turn brings one.
  slow.send(std::string("D\3\xe8", 3));
  turn_until(loop, [&] { return slow.offer("x"), handler.closes > 0; });
  cr_expect(Clock::now() - begin >= milliseconds(200));
  cr_expect(handler.journal == "close:open timeout", "%s", handler.journal.c_str());
}

Test(transport_lifetime, finishes_a_handshake_that_was_ready_while_the_program_was_stopped) {
  ConnectionOptions options = xored();
  options.open_timeout = milliseconds(50);
  Talk talk(options);
  ::poll(nullptr, 0, 120);  // as with SIGSTOP
  talk.until_open();
  cr_expect(talk.ours.journal == "open", "%s", talk.ours.journal.c_str());
}

Test(transport_lifetime, opens_only_once_however_late_its_first_bytes_arrive) {
  ConnectionOptions options = xored();
  options.open_timeout = milliseconds(1000);
  Talk talk(options);
  talk.until_open();
  talk.peer()->send("late");
  talk.loop.poll();
  ::poll(nullptr, 0, 1100);  // the deadline passes, and bytes have arrived
  turn_until(talk.loop, [&] { return talk.ours.input == "late"; });
  cr_expect(talk.ours.journal == "open data", "%s", talk.ours.journal.c_str());
}

Test(transport_lifetime, fails_an_invalid_handshake_and_one_that_the_peer_ends) {
  for (const bool garbage : {true, false}) {
    Handler handler;
    Loop loop(backend_options());
    Pair pair = tcp_pair();
    const ConnectionId id = Connection::adopt(loop, std::move(pair.ours), handler, xored()).id();
    Peer peer(std::move(pair.peers));
    garbage ? peer.send("GET / HTTP/1.1") : peer.end();
    turn_until(loop, [&] { return Connection::find(loop, id) == nullptr; });
    cr_expect(loop.counters().closed_by(CloseReason::open_failed) == 1);
    cr_expect(handler.last_reason == (garbage ? std::error_code(EPROTO, std::generic_category())
                                              : make_error_code(CloseReason::open_failed)),
              "%s", handler.journal.c_str());
  }
}

Test(transport_lifetime, distinguishes_a_truncated_stream_from_an_orderly_end) {
  for (const bool orderly : {true, false}) {
    Handler handler;
    Loop loop(backend_options());
    Pair pair = tcp_pair();
    Connection::adopt(loop, std::move(pair.ours), handler, xored());
    Peer peer(std::move(pair.peers));
    peer.send(std::string("K\0\1k", 4));
    if (orderly) peer.send(std::string("E\0\0", 3));
    turn_until(loop, [&] { return handler.journal.starts_with("open"); });
    peer.end();
    turn_until(loop, [&] { return handler.closes == 1; });
    cr_expect(
        handler.last_reason == (orderly ? make_error_code(CloseReason::peer_closed)
                                        : std::error_code(ECONNABORTED, std::generic_category())),
        "%s", handler.journal.c_str());
    cr_expect((handler.journal.find("eof") != std::string::npos) == orderly);
  }
}

Test(transport_lifetime, transfers_much_in_both_directions_through_small_buffers) {
  constexpr std::size_t kMuch = 200'000;
  ConnectionOptions options = xored();
  options.high_water = 4'000;
  options.keep_reading = true;
  options.max_read = 100;  // each frame leaves pending bytes
  Handler ours;
  Handler peers;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  set_send_buffer(pair, 4'096);
  std::string sent[2];
  std::size_t next = 0;
  for (std::string& text : sent) {
    for (std::size_t i = 0; i < kMuch; ++i) text += static_cast<char>(i * 7 + next + i / 251);
    ++next;
  }
  const auto open = [](const std::string& text) {
    return [&text](Connection& connection) {
      connection.send(text);
      connection.shutdown();
    };
  };
  ours.open = open(sent[0]);
  peers.open = open(sent[1]);
  Connection::adopt(loop, std::move(pair.ours), ours, options);
  Connection::adopt(loop, std::move(pair.peers), peers, options);
  turn_until(loop, [&] { return ours.closes == 1 && peers.closes == 1; });
  cr_expect(peers.input == sent[0] && ours.input == sent[1]);
  cr_expect(!ours.last_reason && !peers.last_reason, "%s; %s", ours.last_reason.message().c_str(),
            peers.last_reason.message().c_str());
}

Test(transport_lifetime, half_closes_and_still_answers) {
  Talk talk;
  talk.ours.eof = [](Connection& connection) {
    connection.send(std::string(5'000, 'a'));
    connection.close();
  };
  talk.until_open();
  talk.peer()->send("question");
  talk.peer()->shutdown();
  turn_until(talk.loop, [&] { return talk.ours.closes == 1 && talk.peers.closes == 1; });
  cr_expect(talk.ours.input == "question" && talk.peers.input == std::string(5'000, 'a'));
  cr_expect(!talk.ours.last_reason && !talk.peers.last_reason);
}

Test(transport_lifetime, stops_reading_above_the_high_water_mark) {
  ConnectionOptions options = xored();
  options.high_water = 100;
  Talk talk(options);
  talk.ours.data = [](Connection& connection, std::string_view in) {
    connection.send(std::string(in.size() * 10, '!'));
    return in.size();
  };
  talk.until_open();
  talk.peer()->pause();
  talk.peer()->send(std::string(800, '?'));
  turn_a_while(talk.loop);
  cr_expect(talk.our()->paused() && talk.our()->queued() > 100);
  talk.peer()->resume();
  turn_until(talk.loop, [&] { return talk.peers.input.size() == 8'000; });
  cr_expect(talk.ours.journal.find("drain") != std::string::npos && !talk.our()->paused());
}

Test(transport_lifetime, drains_open_connections_and_closes_opening_ones) {
  Talk talk;
  talk.until_open();
  Handler third;
  Pair pair = tcp_pair();
  Connection::adopt(talk.loop, std::move(pair.ours), third, xored());
  talk.our()->send("under way");
  bool done = false;
  talk.loop.drain(std::chrono::seconds(10), [&] { done = true; });
  turn_until(talk.loop, [&] { return done; });
  cr_expect(talk.peers.input == "under way");
  cr_expect(third.journal == "close:closed in order", "%s", third.journal.c_str());
  cr_expect(!talk.ours.last_reason && !talk.peers.last_reason);
}

Test(transport_lifetime, ends_with_its_loop_in_each_state) {
  Handler opening;
  Handler open;
  Handler far;
  {
    Loop loop(backend_options());
    Pair silent = tcp_pair();
    Pair pair = tcp_pair();
    Connection::adopt(loop, std::move(silent.ours), opening, xored());
    Connection::adopt(loop, std::move(pair.ours), open, xored());
    Connection::adopt(loop, std::move(pair.peers), far, xored());
    turn_until(loop, [&] { return far.journal == "open"; });
  }
  cr_expect(opening.journal == "close:loop destroyed", "%s", opening.journal.c_str());
  cr_expect(open.journal == "open close:loop destroyed", "%s", open.journal.c_str());
}

Test(transport_lifetime, is_made_by_a_listener_and_a_connector_from_their_options) {
  Handler server;
  server.data = [](Connection& connection, std::string_view in) {
    connection.send(in);
    return in.size();
  };
  Handler client;
  client.open = [](Connection& connection) { connection.send("hello"); };
  client.data = [](Connection& connection, std::string_view in) {
    connection.close();
    return in.size();
  };
  Loop loop(backend_options());
  ListenerOptions listens;
  listens.connection = xored();
  const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), server, listens);
  ConnectorOptions connects;
  connects.connection = xored();
  Connector connector(loop, connects);
  connector.start(
      {listener.endpoint().address()}, [&](const Address&) { return ProtocolRef(client); },
      [](const ConnectError& error) { cr_assert(false, "%s", error.message().c_str()); });
  turn_until(loop, [&] { return client.closes == 1 && server.closes == 1; });
  cr_expect(client.input == "hello" && server.input == "hello");
  cr_expect(!client.last_reason && !server.last_reason);
}

Test(transport_lifetime, refuses_the_newcomer_of_a_listener_whose_factory_returns_null) {
  for (const bool throws : {false, true}) {
    Handler server;
    Loop loop(backend_options());
    std::size_t reports = 0;
    loop.set_reporter([&](const Report&) { ++reports; });
    ListenerOptions listens;
    listens.max_per_source = 1;
    bool refuses = true;
    listens.connection.transport = [&](Wire wire,
                                       const Address& peer) -> std::unique_ptr<Transport> {
      if (!refuses) return make_xor(wire, peer);
      if (throws) throw std::runtime_error("no certificate");
      return nullptr;
    };
    const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), server, listens);
    Peer first(listener.endpoint().address());
    cr_expect(first.receive_all(loop).empty());
    cr_expect(loop.counters().refused == 1 && loop.counters().accepted == 0);
    cr_expect(reports == (throws ? 1 : 0) && server.journal.empty());
    refuses = false;
    Peer second(listener.endpoint().address());
    turn_until(
        loop, [&] { return listener.connections() == 1; },
        "the next one, who is not over "
        "the limit for its source");
  }
}

Test(transport_lifetime, reports_to_a_connector_that_its_factory_returned_null) {
  for (const bool throws : {false, true}) {
    Handler client;
    Handler server;
    Loop loop(backend_options());
    std::size_t reports = 0;
    loop.set_reporter([&](const Report&) { ++reports; });
    const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), server);
    ConnectorOptions options;
    options.connection.transport = [&](Wire, const Address&) -> std::unique_ptr<Transport> {
      if (throws) throw std::runtime_error("no certificate");
      return nullptr;
    };
    Connector connector(loop, options);
    std::string failure;
    connector.start(
        {listener.endpoint().address()}, [&](const Address&) { return ProtocolRef(client); },
        [&](const ConnectError& error) { failure = error.message(); });
    turn_until(loop, [&] { return !failure.empty(); });
    cr_expect(failure.find("Operation canceled") != std::string::npos, "%s", failure.c_str());
    cr_expect(reports == (throws ? 1 : 0) && client.journal.empty());
  }
}

Test(transport_lifetime, counts_the_address_of_the_socket_for_a_source) {
  Hooks hooks;
  hooks.peer = Address::loopback(AF_INET6, 1);
  Handler server;
  Loop loop(backend_options());
  ListenerOptions listens;
  listens.connection.transport = hooked(hooks);
  listens.max_per_source = 1;
  const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), server, listens);
  for (int i = 0; i < 3; ++i) {
    Peer peer(listener.endpoint().address());
    turn_until(loop, [&] { return listener.connections() == 1; });
    peer.close();
    turn_until(loop, [&] { return listener.connections() == 0; });
  }
  cr_expect(loop.counters().refused == 0);
}
