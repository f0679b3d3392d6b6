// WebSocketServer: handshakes that are refused, pages beside them, pings, and its end.
#include <chrono>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "support/websocket_frames.h"
#include "support/websocket_world.h"

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

class Pages final : public HttpHandler {
 public:
  HttpResponse respond(const HttpRequest& request, const Address& /*peer*/) override {
    return {.status = 200, .body = std::string(request.path)};
  }
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

Test(websocket_server, answers_other_requests_with_426) {
  SocketWorld world;
  const std::string answer = world.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  cr_expect(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
  cr_expect(has(answer, "\r\nUpgrade: websocket\r\n"));
  cr_expect(has(answer, "\r\nConnection: close\r\n"));
  cr_expect(world.peer->saw_end());
}

Test(websocket_server, refuses_bad_handshakes_with_their_status_and_closes) {
  SocketWorld version;
  cr_expect(has(version.ask("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: "
                            "upgrade\r\nSec-WebSocket-Version: 8\r\n\r\n"),
                "\r\nSec-WebSocket-Version: 13\r\n"));
  SocketWorld origin;
  cr_expect(origin.ask(handshake("/", "Origin: http://b\r\n")).starts_with("HTTP/1.1 403 "));
  cr_expect(origin.peer->saw_end());
  SocketWorld path;
  cr_expect(path.ask(handshake("/none")).starts_with("HTTP/1.1 404 "));
  SocketWorld malformed;
  cr_expect(malformed.ask("GET / HTTP/1.1\nHost: a\n\n").starts_with("HTTP/1.1 400 "));
  cr_expect(malformed.peer->saw_end());
  cr_expect(malformed.journal.events.empty());
}

Test(websocket_server, serves_pages_beside_websockets_on_one_connection) {
  Pages pages;
  SocketWorld world({}, &pages);
  const std::string get = "GET /page HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string answers = world.ask(get + get + handshake() + client_frame(kText, "x"), 7);
  cr_expect(has(answers, "\r\n\r\n/pageHTTP/1.1 200 OK\r\n"));
  cr_expect(has(answers, "\r\n\r\n/pageHTTP/1.1 101 "));
  cr_expect(answers.ends_with(server_frame(kText, "x")));
}

Test(websocket_server, closes_after_a_page_when_the_request_says_so) {
  Pages pages;
  SocketWorld world({}, &pages);
  const std::string answer =
      world.ask("GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  cr_expect(answer.ends_with("/page"));
  cr_expect(world.peer->saw_end());
}

Test(websocket_server, closes_a_client_that_does_not_finish_its_handshake) {
  SocketWorld world({.handshake_timeout = seconds(3)});
  world.peer->send("GET / HTTP/1.1\r\n");
  world.peer->advance(seconds(2));
  world.peer->send("Host: a\r\n");
  cr_expect(!world.peer->closed());
  world.peer->advance(milliseconds(1100));
  cr_expect(world.peer->close_reason() == CloseReason::message_timeout);
}

Test(websocket_server, pings_a_silent_peer_and_aborts_one_that_does_not_answer) {
  SocketWorld world({.ping_interval = seconds(10)});
  world.open();
  for (int round = 0; round < 3; ++round) {
    world.peer->advance(seconds(10));
    cr_expect(world.peer->received() == server_frame(kPing, ""));
    world.peer->send(client_frame(kPong, ""));
  }
  world.peer->advance(seconds(10));
  cr_expect(world.peer->received() == server_frame(kPing, ""));
  world.peer->advance(seconds(10));
  cr_expect(world.peer->saw_reset());
  cr_expect(world.journal.events.back() == "closed 1006");
}

Test(websocket_server, does_not_ping_a_peer_that_says_something) {
  SocketWorld world({.ping_interval = seconds(10)});
  world.open();
  for (int round = 0; round < 10; ++round) {
    world.peer->advance(seconds(9));
    cr_expect(world.ask(client_frame(kText, "a")) == server_frame(kText, "a"));
  }
}

Test(websocket_server, keeps_a_peer_whose_answer_it_does_not_read) {
  SocketWorld world({.ping_interval = seconds(10)});
  world.open();
  world.peer->connection().pause();
  world.peer->advance(seconds(60));
  cr_expect(!world.peer->closed());
  world.peer->connection().resume();
  world.peer->advance(seconds(10));
  cr_expect(world.peer->received() == server_frame(kPing, ""));
}

Test(websocket_server, keeps_a_silent_peer_without_an_interval) {
  SocketWorld world({.ping_interval = seconds(0)});
  world.open();
  world.peer->advance(std::chrono::hours(10));
  cr_expect(world.peer->received().empty());
  cr_expect(!world.peer->closed());
}

Test(websocket_server, closes_its_connections_when_it_is_destroyed) {
  SocketWorld world;
  world.open();
  MemoryPeer other(world.loop, std::make_unique<SocketScribe>(*world.server, world.journal));
  cr_expect(world.server->connections() == 2);
  world.server.reset();
  world.peer->settle();
  cr_expect(world.peer->received() == server_frame(kClose, close_payload(1001)));
  cr_expect(world.peer->saw_end());
  cr_expect(other.saw_end());
  world.peer->send(client_frame(kText, "late"));
  world.peer->end();
  cr_expect(world.peer->closed());
}

Test(websocket_server, counts_messages_that_have_not_arrived_whole) {
  SocketWorld world;
  world.open();
  world.peer->send(client_frame(kText, "abc", Fin::no));
  cr_expect(world.server->pending() == 3);
  world.peer->reset();
  cr_expect(world.server->pending() == 0);
  cr_expect(world.server->connections() == 0);
}
