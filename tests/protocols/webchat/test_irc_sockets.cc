// IrcSockets: clients of IRC over WebSocket, and the members of other doors.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/webchat/irc_sockets.h"
#include "support/websocket_frames.h"
#include "support/websocket_world.h"
#include <sluice/irc.h>

using namespace sluice;
using namespace sluice::test;

namespace {

using Messages = std::vector<std::string>;

ChatOptions unlimited() {
  ChatOptions options;
  options.rate.reset();
  options.rules.greeting.clear();
  return options;
}

WebSocketOptions socket_options() {
  WebSocketOptions options;
  options.subprotocols = IrcSockets::subprotocols();
  options.max_message = IrcSockets::kMaxMessage;
  return options;
}

struct World {
  explicit World(ChatOptions options = unlimited())
      : chat(loop, std::move(options)),
        irc(chat),
        server(loop, socket_options()),
        sockets(chat, server, {.network = "net"}) {}

  std::unique_ptr<MemoryPeer> connect(std::string_view subprotocol,
                                      ConnectionOptions options = {}) {
    server.prepare(options);
    auto peer = std::make_unique<MemoryPeer>(loop, sockets.factory()({}), options, Address());
    const std::string header = "Sec-WebSocket-Protocol: " + std::string(subprotocol) + "\r\n";
    peer->send(handshake("/", subprotocol.empty() ? std::string_view() : header));
    const std::string answer = peer->received();
    cr_assert(answer.starts_with("HTTP/1.1 101 "), "%s", answer.c_str());
    cr_expect((answer.find("\r\n" + header) != answer.npos) != subprotocol.empty());
    return peer;
  }
  // A client that has registered and is in #room.
  std::unique_ptr<MemoryPeer> enter(const std::string& nick, std::string_view subprotocol,
                                    ConnectionOptions options = {}) {
    auto peer = connect(subprotocol, options);
    const unsigned opcode = subprotocol == "binary.ircv3.net" ? kBinary : kText;
    for (const std::string& line :
         {"NICK " + nick, "USER " + nick + " 0 * :Real Name", std::string("JOIN #room")}) {
      peer->send(client_frame(opcode, line));
    }
    (void)peer->received();
    return peer;
  }

  Loop loop{LoopOptions{.virtual_time = true}};
  Chat chat;
  Irc irc;
  WebSocketServer server;
  IrcSockets sockets;
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

Test(irc_sockets, carries_one_line_in_each_message_in_both_ways) {
  for (const unsigned opcode : {kText, kBinary}) {
    World world;
    const auto peer = world.connect(opcode == kText ? "text.ircv3.net" : "binary.ircv3.net");
    peer->send(client_frame(opcode, "NICK ann"));
    peer->send(client_frame(opcode, "USER ann 0 * :Ann\r\n"));  // an end is ignored
    const std::string bytes = peer->received();
    const Messages lines = messages_of(bytes);
    cr_assert(lines.size() > 8, "%zu", lines.size());
    cr_expect(lines.front().starts_with(":irc.sluice 001 ann :Welcome to the net network, ann!~"));
    cr_expect(lines.back() == ":irc.sluice 422 ann :MOTD File is missing");
    std::string expected;
    for (const std::string& line : lines) {
      cr_expect(line.size() <= 510 && !has(line, "\r") && !has(line, "\n"), "%s", line.c_str());
      expected += server_frame(opcode, line);
    }
    cr_expect(bytes == expected, "each is a message of the kind that was agreed on");
    peer->send(client_frame(opcode, "PING x", Fin::no) + client_frame(kContinuation, "yz"));
    cr_expect(peer->received() == server_frame(opcode, ":irc.sluice PONG irc.sluice :xyz"));
  }
}

Test(irc_sockets, speaks_text_to_a_client_that_offers_no_subprotocol) {
  World world;
  const auto peer = world.connect("");
  peer->send(client_frame(kText, "PING x"));
  cr_expect(peer->received() == server_frame(kText, ":irc.sluice PONG irc.sluice :x"));
}

Test(irc_sockets, closes_a_client_that_sends_the_other_kind_of_message) {
  World world;
  const auto text = world.enter("ann", "text.ircv3.net");
  text->send(client_frame(kBinary, "PING x"));
  cr_expect(text->received() == server_frame(kClose, close_payload(1003, "lines are text")));
  const auto binary = world.enter("bob", "binary.ircv3.net");
  binary->send(client_frame(kText, "PING x"));
  cr_expect(binary->received() == server_frame(kClose, close_payload(1003, "lines are binary")));
}

Test(irc_sockets, talks_with_the_members_of_other_doors) {
  World world;
  const auto ann = world.enter("ann", "text.ircv3.net");
  const auto bob = world.enter("bob", "binary.ircv3.net");
  MemoryPeer cleo(world.loop, world.irc.handler());
  cleo.send("NICK cleo\r\nUSER cleo 0 * :r\r\nJOIN #room\r\n");
  MemoryPeer dora(world.loop, world.chat.handler());
  dora.send("/nick dora\n/join room\n");
  for (MemoryPeer* peer : {ann.get(), bob.get(), &cleo, &dora}) (void)peer->received();
  ann->send(client_frame(kText, "PRIVMSG #room :caf\u00E9 \xF0\x9F\x8D\xB5"));
  const Messages read = messages_of(bob->received());
  cr_assert(read.size() == 1);
  cr_expect(read[0].starts_with(":ann!~ann@local PRIVMSG #room :caf\u00E9 \xF0\x9F\x8D\xB5"));
  cr_expect(has(cleo.received(), " PRIVMSG #room :caf\u00E9 \xF0\x9F\x8D\xB5\r\n"));
  cr_expect(dora.received() == "<ann> caf\u00E9 \xF0\x9F\x8D\xB5\n");
  bob->send(client_frame(kBinary, "PRIVMSG #room :not UTF-8: \xFF"));
  cr_expect(has(ann->received(), " PRIVMSG #room :not UTF-8: \uFFFD"));
  dora.send("hello\n/msg ann psst\n");
  ann->settle();
  const Messages two = messages_of(ann->received());
  cr_assert(two.size() == 2);
  cr_expect(two[0].ends_with(" PRIVMSG #room :hello") && two[1].ends_with(" PRIVMSG ann :psst"));
}

Test(irc_sockets, gives_each_client_the_capabilities_that_it_asked_for) {
  World world;
  const auto ann = world.enter("ann", "text.ircv3.net");
  const auto bob = world.enter("bob", "text.ircv3.net");
  ann->send(client_frame(kText, "CAP REQ :server-time echo-message"));
  (void)ann->received();
  ann->send(client_frame(kText, "PRIVMSG #room :hi"));
  const Messages own = messages_of(ann->received());
  cr_assert(own.size() == 1);
  cr_expect(own[0].starts_with("@time=") && own[0].ends_with(" :ann!~ann@local PRIVMSG #room :hi"));
  cr_expect(messages_of(bob->received()).back() == ":ann!~ann@local PRIVMSG #room :hi");
}

Test(irc_sockets, ends_with_an_error_and_a_close) {
  World world;
  const auto ann = world.enter("ann", "text.ircv3.net");
  ann->send(client_frame(kText, "QUIT :bed") + client_frame(kText, "PING x"));
  cr_expect(ann->received() == server_frame(kText, "ERROR :Closing Link: bed") +
                                   server_frame(kClose, close_payload(1000)));
  cr_expect(world.chat.house().members() == 0);
  const auto early = world.connect("text.ircv3.net");
  early->send(client_frame(kText, "QUIT"));
  cr_expect(early->received() == server_frame(kText, "ERROR :Closing Link: Quit") +
                                     server_frame(kClose, close_payload(1000)));
}

Test(irc_sockets, answers_a_long_line_and_closes_for_a_longer_message) {
  World world;
  const auto ann = world.enter("ann", "text.ircv3.net");
  ann->send(client_frame(kText, "PRIVMSG #room :" + std::string(500, 'x')));
  cr_expect(ann->received() == server_frame(kText, ":irc.sluice 417 ann :Input line was too long"));
  ann->send(client_frame(kText, "@+t=" + std::string(4'080, 'x') + " PING x"));
  cr_expect(ann->received() == server_frame(kText, ":irc.sluice PONG irc.sluice :x"));
  ann->send(client_frame(kText, std::string(IrcSockets::kMaxMessage + 1, 'x')));
  cr_expect(ann->received() ==
            server_frame(kClose, close_payload(1009, "a message is above the limit")));
}

Test(irc_sockets, answers_queries_while_messages_wait_for_the_rate) {
  ChatOptions options = unlimited();
  options.rate = TokenRate::of(1, std::chrono::seconds(10), 3);
  World world(options);
  const auto ann = world.enter("ann", "text.ircv3.net");  // the JOIN takes one
  const auto bob = world.enter("bob", "text.ircv3.net");
  (void)ann->received();
  (void)bob->received();
  for (int i = 0; i < 3; ++i) ann->send(client_frame(kText, "PRIVMSG #room :" + std::to_string(i)));
  cr_expect(messages_of(bob->received()).size() == 2);
  ann->send(client_frame(kText, "PING behind"));
  cr_expect(ann->received().empty(), "lines are handled in order");
  ann->advance(std::chrono::seconds(10));
  cr_expect(messages_of(bob->received()).size() == 1);
  cr_expect(has(ann->received(), "PONG"));
  ann->send(client_frame(kText, "PING x") + client_frame(kText, "MODE #room"));
  cr_expect(messages_of(ann->received()).size() == 3, "these are not counted");
}

Test(irc_sockets, waits_for_a_member_that_is_behind_and_loses_nothing) {
  World world;
  const auto ann = world.enter("ann", "text.ircv3.net");
  const auto slow =
      world.enter("slow", "text.ircv3.net", {.high_water = 2'000, .queue_limit = 200'000});
  slow->set_window(0);
  std::string typed;
  for (int i = 0; i < 2'000; ++i) {
    typed += client_frame(kText, "PRIVMSG #room :" + std::to_string(i));
  }
  ann->send(typed);
  cr_expect(slow->connection().queued() < 200'000 && !slow->closed());
  slow->set_window(MemoryPeer::kUnlimited);
  ann->settle();
  const Messages read = messages_of(slow->received());
  cr_assert(read.size() == 2'000, "%zu", read.size());
  cr_expect(read.back().ends_with(" PRIVMSG #room :1999"));
}
