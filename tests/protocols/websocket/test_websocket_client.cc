// WebSocketClientProtocol: its handshake, its messages, and how it ends.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/websocket/websocket_handshake.h"
#include "protocols/websocket/websocket_reader.h"
#include "support/websocket_frames.h"
#include <sluice/connection.h>
#include <sluice/memory_peer.h>
#include <sluice/websocket_client.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

using Lines = std::vector<std::string>;

class Client final : public WebSocketClientProtocol {
 public:
  Client(const WebSocketClientOptions& options, Lines& events)
      : WebSocketClientProtocol(options), events_(events) {}

 private:
  void on_established(Connection& /*connection*/) override {
    events_.push_back("established " + std::string(subprotocol()));
  }
  void on_message(Connection& connection, WebSocketKind kind, Bytes message) override {
    events_.push_back((kind == WebSocketKind::text ? "text " : "binary ") +
                      std::string(reinterpret_cast<const char*>(message.data()), message.size()));
    if (events_.back() == "text pause") connection.pause();
  }
  void on_closed(Connection& /*connection*/, const WebSocketEnd& end) override {
    events_.push_back("closed " + std::to_string(end.code) + ' ' + end.reason + end.fault);
  }

  Lines& events_;
};

// A client, and this test as its server.
struct World {
  explicit World(WebSocketClientOptions options = {}) {
    options.host = "a.example";
    ConnectionOptions connection;
    WebSocketClientProtocol::prepare(connection, options);
    auto handler = std::make_unique<Client>(options, events);
    client = handler.get();
    peer.emplace(std::move(handler), connection);
  }

  // Answers the handshake, with `more` lines, and `then` behind it.
  void accept(std::string_view more = "", std::string_view then = "") {
    constexpr std::string_view kName = "Sec-WebSocket-Key: ";
    const std::string request = peer->received();
    const std::size_t at = request.find(kName);
    cr_assert(at != request.npos, "%s", request.c_str());
    const std::string key = request.substr(at + kName.size(), 24);
    peer->send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        websocket_accept(key) + "\r\n" + std::string(more) + "\r\n" + std::string(then));
  }
  // What a server would read of the frames that the client has sent: "text hello", "close 1000".
  Lines sent() {
    WebSocketIntake intake{.max_message = 1000,
                           .max_fragments = 10,
                           .max_pending = 1000,
                           .whole = {},
                           .assembled = {}};
    WebSocketReader reader;
    const std::string bytes = peer->received();
    std::string_view rest = bytes;
    Lines lines;
    while (!rest.empty()) {
      const WebSocketRead read = reader.read(std::as_bytes(std::span(rest)), intake);
      cr_assert(read.consumed > 0, "%s", std::string(read.fault.why).c_str());
      rest.remove_prefix(read.consumed);
      const std::string payload(reinterpret_cast<const char*>(read.payload.data()),
                                read.payload.size());
      if (read.event == WebSocketEvent::message) lines.push_back("message " + payload);
      if (read.event == WebSocketEvent::pong) lines.push_back("pong " + payload);
      if (read.event == WebSocketEvent::close) {
        const WebSocketClose close = WebSocketClose::read(read.payload);
        lines.push_back("close " + std::to_string(close.code) + ' ' + std::string(close.reason));
      }
    }
    return lines;
  }

  Lines events;
  std::optional<MemoryPeer> peer;
  Client* client = nullptr;  // valid until it is closed
};

}  // namespace

Test(websocket_client, exchanges_messages_and_closes_in_order) {
  World world({.subprotocols = {"one"}});
  cr_expect(!world.client->is_established());
  world.client->send_message(WebSocketKind::text, "too early");
  world.accept("Sec-WebSocket-Protocol: one\r\n", server_frame(kText, "early"));
  cr_expect(world.client->is_established());
  world.client->send_message(WebSocketKind::text, "hello");
  world.client->send_message(WebSocketKind::binary, std::string_view());
  world.peer->settle();
  cr_expect(world.sent() == Lines({"message hello", "message "}));
  world.peer->send(server_frame(kBinary, "answer"));
  world.client->close(4000, "enough");
  world.peer->settle();
  world.client->send_message(WebSocketKind::text, "too late");
  cr_expect(world.sent() == Lines({"close 4000 enough"}));
  world.peer->send(server_frame(kPing, "still"));
  cr_expect(world.sent() == Lines({"pong still"}));
  world.peer->send(server_frame(kText, "last") + server_frame(kClose, close_payload(4000, "bye")));
  cr_expect(!world.peer->saw_end());  // the server closes first
  world.peer->end();
  cr_expect(world.peer->closed());
  cr_expect(world.events == Lines({"established one", "text early", "binary answer", "text last",
                                   "closed 4000 bye"}));
}

Test(websocket_client, masks_each_frame_with_another_mask) {
  World world;
  world.accept();
  world.client->send_message(WebSocketKind::text, "same");
  world.client->send_message(WebSocketKind::text, "same");
  world.peer->settle();
  const std::string frames = world.peer->received();
  cr_assert(frames.size() == 20);
  cr_expect(frames.substr(2, 4) != frames.substr(12, 4));
}

Test(websocket_client, answers_a_ping_and_a_close) {
  World world;
  world.accept("", server_frame(kPing, "are you there") + server_frame(kPong, ""));
  cr_expect(world.sent() == Lines({"pong are you there"}));
  world.peer->send(server_frame(kClose, close_payload(1001)) + server_frame(kText, "not read"));
  cr_expect(world.sent() == Lines({"close 1001 "}));
  world.peer->end();
  cr_expect(world.events == Lines({"established ", "closed 1001 "}));
}

Test(websocket_client, joins_fragments_in_pieces_of_any_size) {
  for (const std::size_t piece : {1U, 2U, 7U, 100U}) {
    World world;
    world.accept();
    world.peer->send(frame_of(kText, "one ", false, Fin::no) + server_frame(kPing, "") +
                         frame_of(kContinuation, "two ", false, Fin::no) +
                         frame_of(kContinuation, "\u20ac", false),
                     piece);
    cr_expect(world.events == Lines({"established ", "text one two \u20ac"}));
  }
}

Test(websocket_client, reads_no_more_while_it_is_paused) {
  World world;
  world.accept("", server_frame(kText, "pause") + server_frame(kText, "second"));
  cr_expect(world.events == Lines({"established ", "text pause"}));
  world.peer->connection().resume();
  world.peer->settle();
  cr_expect(world.events.back() == "text second");
}

Test(websocket_client, ends_with_the_reason_if_the_handshake_fails) {
  const auto end_after = [](std::string_view answer) {
    World world;
    world.peer->send(answer);
    cr_expect(world.peer->saw_end());
    world.peer->end();
    cr_assert(world.events.size() == 1);
    return world.events.front();
  };
  cr_expect(end_after("HTTP/1.1 404 Not Found\r\n\r\n") ==
            "closed 1006 the server answered 404 Not Found");
  cr_expect(end_after("220 mail.example\r\n") == "closed 1006 the peer does not speak HTTP/1.1");
  World world;
  world.peer->send("HTTP/1.1 101 ");
  world.peer->end();
  cr_expect(world.events ==
            Lines({"closed 1006 the server closed the connection before it answered "
                   "the handshake"}));
}

Test(websocket_client, ends_with_a_close_frame_if_the_server_breaks_the_protocol) {
  const auto codes_of = [](std::string_view frames) {
    World world({.max_message = 10, .max_fragments = 2});
    world.accept("", frames);
    const Lines sent = world.sent();
    world.peer->end();
    cr_expect(world.events.back().size() > std::string("closed 1006 ").size());
    return sent.empty() ? std::string() : sent.back().substr(0, 10);
  };
  cr_expect(codes_of(client_frame(kText, "masked")) == "close 1002");
  cr_expect(codes_of(server_frame(kText, "\xff")) == "close 1007");
  cr_expect(codes_of(server_frame(kBinary, "eleven byte")) == "close 1009");
  cr_expect(codes_of(server_frame(kClose, "x")) == "close 1002");
  const std::string part = frame_of(kContinuation, "", false, Fin::no);
  cr_expect(codes_of(frame_of(kText, "", false, Fin::no) + part + part) == "close 1009");
}

Test(websocket_client, reports_an_end_without_a_close_as_abnormal) {
  World world;
  world.accept();
  world.peer->end();
  cr_expect(world.events == Lines({"established ", "closed 1006 "}));
}

Test(websocket_client, waits_for_a_silent_server_no_longer_than_its_timeouts) {
  World silent({.handshake_timeout = seconds(3)});
  silent.peer->advance(milliseconds(2'900));
  cr_expect(!silent.peer->closed());
  silent.peer->advance(milliseconds(200));
  cr_expect(silent.peer->close_reason() == CloseReason::message_timeout);

  World mute({.close_timeout = seconds(2)});
  mute.accept();
  mute.client->close();
  mute.peer->advance(milliseconds(1'900));
  cr_expect(!mute.peer->saw_end());
  mute.peer->advance(milliseconds(200));
  cr_expect(mute.peer->saw_end());

  World open;
  open.accept("", server_frame(kClose, close_payload(1000)));
  open.peer->advance(milliseconds(2'100));
  cr_expect(open.peer->saw_end());
}

Test(websocket_client, closes_before_the_handshake_without_a_frame) {
  World world;
  (void)world.peer->received();
  world.client->close();
  world.peer->settle();
  cr_expect(world.peer->received().empty() && world.peer->saw_end());
}
