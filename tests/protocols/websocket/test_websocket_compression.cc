// RFC 7692 case by case: what a client sends when both sides have agreed on permessage-deflate, and
// what the server answers. The server echoes messages.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/websocket/websocket_deflate.h"
#include "support/websocket_frames.h"
#include "support/websocket_world.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::string_literals;

namespace {

constexpr unsigned kRsv1 = 0x40;
constexpr std::string_view kOffer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
const std::string kHello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;  // section 7.2.3.1

std::string packed(std::string_view text) {
  WebSocketDeflate deflate;
  const auto bytes = deflate.deflate(std::as_bytes(std::span(text.data(), text.size())), 15);
  cr_assert(!bytes.empty());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string failed(unsigned code, std::string_view why) {
  return server_frame(kClose, close_payload(code, why));
}

struct Rule {
  std::string_view section;
  std::string_view what;
  std::string sent;
  std::string answered;
};

// Sends it in pieces of several sizes.
void expect(const std::vector<Rule>& rules, std::size_t max_message = 200'000) {
  for (const Rule& rule : rules) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, MemoryPeer::kUnlimited}) {
      SocketWorld world({.max_message = max_message, .deflate = true});
      world.open(kOffer);
      const std::string got = world.ask(rule.sent, piece);
      cr_expect(got == rule.answered, "%s, %s: %zu bytes", rule.section.data(), rule.what.data(),
                got.size());
      const bool closes = rule.answered.find(static_cast<char>(0x80U | kClose)) == 0;
      cr_expect(world.peer->saw_end() == closes, "%s, %s", rule.section.data(), rule.what.data());
    }
  }
}

std::string answer_to(WebSocketOptions options, std::string_view more) {
  SocketWorld world(options);
  world.peer->send(handshake("/", more));
  return world.peer->received();
}

}  // namespace

Test(websocket_compression, is_off_unless_the_server_and_the_client_want_it) {
  constexpr std::string_view kHeader = "Sec-WebSocket-Extensions";
  cr_expect(answer_to({}, kOffer).find(kHeader) == std::string::npos);
  cr_expect(answer_to({.deflate = true}, "").find(kHeader) == std::string::npos);
  cr_expect(answer_to({.deflate = true}, "Sec-WebSocket-Extensions: x\r\n").find(kHeader) ==
            std::string::npos);
  const std::string agreed = answer_to({.deflate = true}, kOffer);
  cr_expect(agreed.find("\r\nSec-WebSocket-Extensions: permessage-deflate; "
                        "server_no_context_takeover; client_no_context_takeover\r\n") !=
            std::string::npos);
  // RFC 6455, section 9.1.
  const std::string bad = answer_to({.deflate = true}, "Sec-WebSocket-Extensions: a;\r\n");
  cr_expect(bad.starts_with("HTTP/1.1 400 "), "%s", bad.c_str());
  cr_expect(answer_to({}, "Sec-WebSocket-Extensions: a;\r\n").starts_with("HTTP/1.1 101 "));
  SocketWorld off;
  off.open(kOffer);
  cr_expect(off.ask(client_frame(kRsv1 | kText, kHello)) == failed(1002, "a reserved bit is set"));
}

Test(websocket_compression, compressed_messages_are_expanded_and_answers_compressed) {
  const std::string line(1000, 'x');
  const std::string most(200'000, 'x');
  expect({
      {"7.2.3.1", "one frame", client_frame(kRsv1 | kText, kHello), server_frame(kText, "Hello")},
      {"7.2.3.1", "fragments",
       client_frame(kRsv1 | kText, kHello.substr(0, 3), Fin::no) +
           client_frame(kContinuation, kHello.substr(3)),
       server_frame(kText, "Hello")},
      {"7.2.3.1", "an empty fragment first",
       client_frame(kRsv1 | kBinary, "", Fin::no) + client_frame(kContinuation, kHello),
       server_frame(kBinary, "Hello")},
      {"5.4 of 6455", "a ping between fragments",
       client_frame(kRsv1 | kText, kHello.substr(0, 3), Fin::no) + client_frame(kPing, "p") +
           client_frame(kContinuation, kHello.substr(3)),
       server_frame(kPong, "p") + server_frame(kText, "Hello")},
      {"7.2.3.6", "an empty message", client_frame(kRsv1 | kText, "\x00"s),
       server_frame(kText, "")},
      {"6", "not compressed", client_frame(kText, "Hello"), server_frame(kText, "Hello")},
      {"6", "one with and one without",
       client_frame(kRsv1 | kText, kHello) + client_frame(kText, "Hello"),
       server_frame(kText, "Hello") + server_frame(kText, "Hello")},
      {"6.1", "a long one", client_frame(kRsv1 | kText, packed(line)),
       server_frame(kRsv1 | kText, packed(line))},
      {"6.1", "twice, without context",
       client_frame(kText, line) + client_frame(kRsv1 | kBinary, packed(line)),
       server_frame(kRsv1 | kText, packed(line)) + server_frame(kRsv1 | kBinary, packed(line))},
      {"10.4 of 6455", "as long as the limit", client_frame(kRsv1 | kText, packed(most)),
       server_frame(kRsv1 | kText, packed(most))},
  });
}

Test(websocket_compression, the_bit_is_valid_only_on_the_first_frame_of_a_message) {
  const std::string why = failed(1002, "a reserved bit is set");
  const std::string first = client_frame(kRsv1 | kText, kHello.substr(0, 3), Fin::no);
  expect({
      {"6.1", "a continuation", first + client_frame(kRsv1 | kContinuation, kHello.substr(3)), why},
      {"5.2 of 6455", "a ping", client_frame(kRsv1 | kPing, ""), why},
      {"5.2 of 6455", "a Close frame", client_frame(kRsv1 | kClose, ""), why},
      {"5.2 of 6455", "RSV2, too", client_frame(kRsv1 | 0x20U | kText, kHello), why},
      {"5.2 of 6455", "RSV3", client_frame(0x10U | kText, "a"), why},
  });
}

Test(websocket_compression, what_cannot_be_expanded_ends_with_its_code) {
  const std::string broken = failed(1007, "a message is not in the form of DEFLATE");
  const std::string utf8 = failed(1007, "a text is not UTF-8");
  const std::string invalid(40, '\xff');
  expect({
      {"7.2.2", "a reserved type of block", client_frame(kRsv1 | kText, "\x07"s), broken},
      {"7.2.2", "cut off", client_frame(kRsv1 | kText, kHello.substr(0, 3)), broken},
      {"7.1.1.2", "a reference to the message before",
       client_frame(kRsv1 | kText, "\xf2\x00\x11\x00\x00"s), broken},
      {"8.1 of 6455", "text that is not UTF-8", client_frame(kRsv1 | kText, packed(invalid)), utf8},
      {"8.1 of 6455", "the same in fragments",
       client_frame(kRsv1 | kText, packed(invalid).substr(0, 2), Fin::no) +
           client_frame(kContinuation, packed(invalid).substr(2)),
       utf8},
  });
}

Test(websocket_compression, a_message_above_the_limit_is_refused_while_it_is_expanded) {
  const std::string bomb = packed(std::string(200'000, 'x'));
  cr_assert(bomb.size() < 1000);
  const std::string why = failed(1009, "a message is above the limit");
  expect({{"10.4 of 6455", "a bomb", client_frame(kRsv1 | kBinary, bomb), why},
          {"10.4 of 6455", "a bomb in fragments",
           client_frame(kRsv1 | kText, bomb.substr(0, 5), Fin::no) +
               client_frame(kContinuation, bomb.substr(5)),
           why},
          {"10.4 of 6455", "compressed bytes above the limit",
           client_frame(kRsv1 | kText, std::string(2000, 'x')), why}},
         1000);
}

Test(websocket_compression, a_client_with_a_small_window_gets_long_messages_plain) {
  SocketWorld world({.deflate = true});
  world.open("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8\r\n");
  const std::string fits(256, 'x');
  const std::string longer(257, 'x');
  cr_expect(world.ask(client_frame(kText, fits)) == server_frame(kRsv1 | kText, packed(fits)));
  cr_expect(world.ask(client_frame(kText, longer)) == server_frame(kText, longer));
}

Test(websocket_compression, a_broadcast_is_compressed_once_for_those_who_agreed) {
  const std::string line(1000, 'x');
  const auto bytes = std::as_bytes(std::span(line.data(), line.size()));
  Loop loop(LoopOptions{.virtual_time = true});
  WebSocketServer server(loop, {.deflate = true});
  SocketJournal journal;
  ConnectionOptions options;
  server.prepare(options);
  std::vector<WebSocketProtocol*> sockets;
  std::vector<std::unique_ptr<MemoryPeer>> peers;
  for (const char* more : {"", kOffer.data(),
                           "Sec-WebSocket-Extensions: permessage-deflate; "
                           "server_max_window_bits=9\r\n",
                           kOffer.data()}) {
    auto socket = std::make_unique<SocketScribe>(server, journal);
    sockets.push_back(socket.get());
    peers.push_back(std::make_unique<MemoryPeer>(loop, std::move(socket), options));
    peers.back()->send(handshake("/", more));
    cr_assert(peers.back()->received().starts_with("HTTP/1.1 101 "));
  }
  journal.then = [&](WebSocketProtocol& /*socket*/, WebSocketKind kind, auto) {
    WebSocketBroadcast message(kind, bytes);
    for (WebSocketProtocol* const socket : sockets) socket->send_message(message);
  };
  peers[0]->send(client_frame(kText, "go"));
  const std::string plain = server_frame(kText, line);
  const std::string small = server_frame(kRsv1 | kText, packed(line));
  cr_expect(peers[0]->received() == plain);
  cr_expect(peers[1]->received() == small);
  cr_expect(peers[2]->received() == plain);
  cr_expect(peers[3]->received() == small);
  for (WebSocketProtocol* const socket : sockets) socket->close();
}
