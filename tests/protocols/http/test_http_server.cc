// HttpServer: requests and answers on a connection.
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "protocols/http/http_server.h"
#include <sluice/memory_peer.h>

using sluice::Address;
using sluice::CloseReason;
using sluice::ConnectionOptions;
using sluice::HttpHandler;
using sluice::HttpHeadDecoder;
using sluice::HttpRequest;
using sluice::HttpResponse;
using sluice::HttpServer;
using sluice::MemoryPeer;
using sluice::WallTime;

namespace {

// Answers with the path.
class Pages final : public HttpHandler {
 public:
  HttpResponse respond(const HttpRequest& request, const Address& /*peer*/) override {
    if (request.path == "/throw") throw std::runtime_error("a bug");
    if (request.path == "/large") return {.status = 200, .body = std::string(100'000, 'x')};
    if (request.path == "/none") return HttpResponse::failed(404, "there is nothing here");
    return {.status = 200, .body = std::string(request.path)};
  }
};

ConnectionOptions limited(ConnectionOptions options = {}) {
  HttpServer::limit_input(options);
  return options;
}

struct World {
  explicit World(const ConnectionOptions& options = {})
      : peer(server.factory()({}), limited(options)) {}

  // The answer without its head.
  std::string body() {
    const std::string text = peer.received();
    return text.substr(text.find("\r\n\r\n") + 4);
  }

  Pages pages;
  HttpServer server{pages, [] { return WallTime(std::chrono::seconds(784'111'777)); }};
  MemoryPeer peer;
};

std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(more) + "\r\n";
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

Test(http_server, answers_and_keeps_the_connection) {
  World world;
  world.peer.send(get("/one"));
  cr_expect(world.peer.received() ==
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\n\r\n/one");
  world.peer.send(get("/two"), 1);
  cr_expect(world.body() == "/two");
  cr_expect(!world.peer.saw_end());
}

Test(http_server, answers_pipelined_requests_in_order) {
  World world;
  std::string requests;
  std::string want;
  for (int i = 0; i < 1000; ++i) {
    requests += get("/" + std::to_string(i));
    want += "/" + std::to_string(i) + ' ';
  }
  world.peer.send(requests, 777);
  const std::string text = world.peer.received();
  std::string bodies;
  for (std::size_t at = text.find("\r\n\r\n"); at != text.npos;
       at = text.find("\r\n\r\n", at + 1)) {
    bodies += text.substr(at + 4, text.find("HTTP/1.1 ", at) - at - 4) + ' ';
  }
  cr_expect(bodies == want);
}

Test(http_server, does_not_read_a_peer_that_does_not_read_its_answers) {
  World world;
  world.peer.set_window(0);
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += get("/large");
  world.peer.send(requests);
  cr_expect(world.peer.connection().queued() < 500'000, "%zu", world.peer.connection().queued());
  world.peer.set_window(MemoryPeer::kUnlimited);
  world.peer.settle();
  cr_expect(count_of(world.peer.received(), "HTTP/1.1 200 OK") == 1000);
}

Test(http_server, closes_when_the_request_says_so) {
  World world;
  world.peer.send(get("/one", "Connection: close\r\n") + get("/two"));
  const std::string text = world.peer.received();
  cr_expect(text.ends_with("\r\nConnection: close\r\n\r\n/one"));
  cr_expect(world.peer.saw_end());
  cr_expect(!world.peer.saw_reset());
}

Test(http_server, closes_after_a_request_of_http_1_0_unless_it_asks) {
  World world;
  world.peer.send("GET /one HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  cr_expect(world.body() == "/one");
  cr_expect(!world.peer.saw_end());
  world.peer.send("GET /two HTTP/1.0\r\n\r\n");
  cr_expect(world.body() == "/two");
  cr_expect(world.peer.saw_end());
}

Test(http_server, sends_no_body_to_head_and_not_for_a_refused_one) {
  World world;
  world.peer.send("HEAD /one HTTP/1.1\r\nHost: a\r\n\r\n");
  cr_expect(world.peer.received().ends_with("Content-Length: 4\r\n\r\n"));
  world.peer.send("HEAD /one HTTP/1.1\r\n\r\n");
  const std::string refused = world.peer.received();
  cr_expect(refused.starts_with("HTTP/1.1 400 "));
  cr_expect(refused.ends_with("\r\n\r\n"));
}

Test(http_server, answers_a_malformed_request_and_closes) {
  World world;
  world.peer.send(get("/one") + "BREW / HTTP/1.1\r\n\r\n" + get("/two"));
  const std::string text = world.peer.received();
  cr_expect(count_of(text, "HTTP/1.1 ") == 2);
  cr_expect(text.ends_with("\r\n\r\n501 Not Implemented: the method is not one of HTTP\n"));
  cr_expect(world.peer.saw_end());
  cr_expect(!world.peer.saw_reset());
}

Test(http_server, accepts_the_largest_head_in_any_pieces) {
  std::string head = "\r\nGET /one HTTP/1.1\r\nHost: a\r\n";
  while (head.size() + 1006 <= HttpHeadDecoder::kMaxHead) {
    head += "X:" + std::string(996, 'a') + "\r\n";
  }
  head += "Y:" + std::string(HttpHeadDecoder::kMaxHead + 2 - head.size() - 6, 'a') + "\r\n\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, head.size()}) {
    World world;
    world.peer.send(head + head, piece);
    cr_expect(count_of(world.peer.received(), "HTTP/1.1 200") == 2, "pieces of %zu", piece);
  }
}

Test(http_server, closes_a_connection_whose_head_does_not_arrive) {
  ConnectionOptions options;
  options.message_timeout = std::chrono::seconds(10);
  World world(options);
  world.peer.send(get("/one"));
  world.peer.advance(std::chrono::minutes(1));
  cr_expect(!world.peer.closed());
  for (int i = 0; i < 15 && !world.peer.closed(); ++i) {
    world.peer.send("G");
    world.peer.advance(std::chrono::seconds(1));
  }
  cr_expect(world.peer.close_reason() == CloseReason::message_timeout);
}

Test(http_server, contains_what_the_handler_throws) {
  World world;
  world.peer.send(get("/throw"));
  cr_expect(world.peer.close_reason() == CloseReason::handler_threw);
}
