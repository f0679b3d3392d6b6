// WebSocketProtocol: its events, sending, closing, and when it is held up.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/websocket_frames.h"
#include "support/websocket_world.h"

using namespace sluice;
using namespace sluice::test;
using std::chrono::seconds;

namespace {

using Lines = std::vector<std::string>;

Payload shared(std::string_view text) {
  return websocket_message(WebSocketKind::text, std::as_bytes(std::span(text)));
}

// Delivers only when the test says so.
class Patient final : public WebSocketProtocol {
 public:
  using WebSocketProtocol::WebSocketProtocol;
  bool ready = false;
  int messages = 0;
  std::string peeked;
  bool pauses_at_once = false;

 private:
  void on_established(Connection& connection) override {
    if (pauses_at_once) connection.pause();
  }
  void on_message(Connection& /*connection*/, WebSocketKind /*kind*/, Bytes /*message*/) override {
    ++messages;
  }
  [[nodiscard]] bool may_deliver() const noexcept override { return ready; }
  void on_held(Connection& connection, Bytes start) override {
    peeked.assign(reinterpret_cast<const char*>(start.data()), start.size());
    connection.pause();
  }
};

}  // namespace

Test(websocket, reports_the_handshake_the_messages_and_the_end) {
  SocketWorld world;
  world.open();
  cr_expect(world.ask(client_frame(kText, "hello")) == server_frame(kText, "hello"));
  (void)world.ask(client_frame(kBinary, "\x01"));
  (void)world.ask(client_frame(kClose, close_payload(4000, "enough")));
  world.peer->end();
  cr_expect(world.journal.events ==
            Lines({"established", "text hello", "binary \x01", "closed 4000"}));
}

Test(websocket, reports_an_end_without_a_close_as_abnormal) {
  SocketWorld world;
  world.open();
  world.peer->end();
  cr_expect(world.journal.events == Lines({"established", "closed 1006"}));
  SocketWorld other;
  other.open();
  other.peer->reset();
  cr_expect(other.journal.events == Lines({"established", "closed 1006"}));
}

Test(websocket, reports_nothing_of_a_connection_without_a_handshake) {
  SocketWorld world;
  world.peer->send("GET / HTTP/1.1\r\n");
  world.peer->end();
  cr_expect(world.peer->closed());
  cr_expect(world.journal.events.empty());
}

Test(websocket, reads_frames_that_come_together_with_the_handshake) {
  SocketWorld world;
  const std::string answer = world.ask(handshake() + client_frame(kText, "early"));
  cr_expect(answer.ends_with("\r\n\r\n" + server_frame(kText, "early")));
}

Test(websocket, agrees_on_a_subprotocol) {
  SocketWorld world({.subprotocols = {"one", "two"}});
  std::string agreed;
  world.journal.then = [&agreed](WebSocketProtocol& socket, WebSocketKind, auto) {
    agreed = socket.subprotocol();
  };
  const std::string answer =
      world.ask(handshake("/", "Sec-WebSocket-Protocol: two, three\r\n") + client_frame(kText, ""));
  cr_expect(answer.find("\r\nSec-WebSocket-Protocol: two\r\n") != std::string::npos);
  cr_expect(agreed == "two");
}

Test(websocket, sends_one_shared_message_to_many) {
  SocketWorld world;
  world.open();
  const Payload message = shared("to all");
  world.journal.then = [&message](WebSocketProtocol& socket, WebSocketKind, auto) {
    socket.send_message(message);
    socket.send_message(message);
  };
  cr_expect(world.ask(client_frame(kText, "go")) ==
            server_frame(kText, "to all") + server_frame(kText, "to all"));
  cr_expect(message.use_count() == 1);
}

Test(websocket, closes_with_a_code_and_waits_for_the_answer) {
  SocketWorld world;
  world.open();
  world.journal.then = [](WebSocketProtocol& socket, WebSocketKind kind, auto message) {
    socket.close(4001, "go away");
    socket.send_message(kind, message);  // nothing follows a Close
    socket.close(4002);
  };
  cr_expect(world.ask(client_frame(kText, "a") + client_frame(kText, "dropped")) ==
            server_frame(kClose, close_payload(4001, "go away")));
  cr_expect(!world.peer->saw_end());
  cr_expect(world.ask(client_frame(kPing, "")).empty());
  cr_expect(world.ask(client_frame(kClose, close_payload(4001))).empty());
  cr_expect(world.peer->saw_end());
  world.peer->end();
  cr_expect(world.journal.events == Lines({"established", "text a", "closed 4001"}));
}

Test(websocket, does_not_wait_for_ever_for_the_answer_to_its_close) {
  SocketWorld world({.close_timeout = seconds(3)});
  world.open();
  world.journal.then = [](WebSocketProtocol& socket, WebSocketKind, auto) { socket.close(); };
  (void)world.ask(client_frame(kText, "a"));
  world.peer->advance(std::chrono::milliseconds(2999));
  cr_expect(!world.peer->saw_end());
  world.peer->advance(std::chrono::milliseconds(1));
  cr_expect(world.peer->saw_end());
}

Test(websocket, stops_when_the_handler_pauses_the_connection) {
  SocketWorld world;
  world.open();
  world.journal.then = [](WebSocketProtocol& socket, WebSocketKind, auto) {
    socket.connection().pause();
  };
  (void)world.ask(client_frame(kText, "1") + client_frame(kText, "2"));
  cr_expect(world.journal.events == Lines({"established", "text 1"}));
  world.peer->connection().resume();
  world.peer->settle();
  cr_expect(world.journal.events == Lines({"established", "text 1", "text 2"}));
}

Test(websocket, holds_a_message_until_it_may_be_delivered) {
  for (const std::string& bytes :
       {client_frame(kText, "abc"),
        client_frame(kText, "a", Fin::no) + client_frame(kContinuation, "bc")}) {
    Loop loop(LoopOptions{.virtual_time = true});
    WebSocketServer server(loop);
    auto own = std::make_unique<Patient>(server);
    Patient& socket = *own;
    MemoryPeer peer(loop, std::move(own));
    peer.send(handshake() + bytes + bytes);
    cr_expect(socket.messages == 0 && socket.peeked == "abc");
    socket.ready = true;
    socket.connection().resume();
    peer.settle();
    cr_expect(socket.messages == 2);
  }
}

Test(websocket, closes_a_connection_whose_handler_throws) {
  SocketWorld world;
  world.open();
  world.journal.then = [](WebSocketProtocol&, WebSocketKind, auto) {
    throw std::runtime_error("a bug");
  };
  world.peer->send(client_frame(kText, "a"));
  cr_expect(world.peer->close_reason() == CloseReason::handler_threw);
  cr_expect(world.journal.events.back() == "closed 1006");
}

Test(websocket, says_that_it_goes_away_when_the_loop_drains) {
  SocketWorld world;
  world.open();
  world.loop.drain(seconds(5), [] {});
  world.peer->settle();
  cr_expect(world.peer->received() == server_frame(kClose, close_payload(1001)));
  cr_expect(world.peer->saw_end());
}

Test(websocket, delivers_what_has_arrived_before_it_goes_away) {
  SocketWorld world;
  world.open();
  world.loop.drain(seconds(5), [] {});
  const std::string answer =
      world.ask(client_frame(kText, "last") + client_frame(kText, "incomplete").substr(0, 5));
  cr_expect(answer == server_frame(kText, "last") + server_frame(kClose, close_payload(1001)));
  cr_expect(world.peer->saw_end());
}

Test(websocket, goes_away_after_the_messages_that_a_pause_has_held) {
  SocketWorld world;
  world.open();
  Connection& connection = world.peer->connection();
  world.journal.then = [](WebSocketProtocol& socket, WebSocketKind kind, auto message) {
    socket.send_message(kind, message);
    socket.connection().pause();
  };
  const std::string first =
      world.ask(client_frame(kText, "1") + client_frame(kText, "2") + client_frame(kText, "3"));
  cr_expect(first == server_frame(kText, "1"));
  world.loop.drain(seconds(5), [] {});
  world.peer->settle();
  connection.resume();
  world.peer->settle();
  cr_expect(world.peer->received() == server_frame(kText, "2"));
  connection.resume();
  world.peer->settle();
  cr_expect(world.peer->received() ==
            server_frame(kText, "3") + server_frame(kClose, close_payload(1001)));
  connection.resume();
  world.peer->settle();
  cr_expect(world.peer->saw_end());
}

Test(websocket, delivers_nothing_while_on_established_has_paused_it) {
  Loop loop(LoopOptions{.virtual_time = true});
  WebSocketServer server(loop);
  auto own = std::make_unique<Patient>(server);
  Patient& socket = *own;
  socket.ready = true;
  socket.pauses_at_once = true;
  MemoryPeer peer(loop, std::move(own));
  peer.send(handshake() + client_frame(kText, "early"));
  cr_expect(socket.messages == 0);
  socket.connection().resume();
  peer.settle();
  cr_expect(socket.messages == 1);
}

Test(websocket, passes_messages_to_a_function) {
  Loop loop(LoopOptions{.virtual_time = true});
  WebSocketServer server(loop);
  const ProtocolFactory factory =
      websocket(server, [](WebSocketProtocol& socket, WebSocketKind kind, auto message) {
        socket.send_message(kind, message);
        socket.send_message(kind, "and more");
      });
  MemoryPeer peer(loop, factory({}));
  peer.send(handshake());
  (void)peer.received();
  peer.send(client_frame(kText, "a"));
  cr_expect(peer.received() == server_frame(kText, "a") + server_frame(kText, "and more"));
}

Test(websocket, costs_an_idle_connection_little) {
  cr_expect(sizeof(WebSocketProtocol) <= 88, "%zu", sizeof(WebSocketProtocol));
}
