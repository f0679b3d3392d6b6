// ChatSockets: browsers and plain lines in one house, and a client that comes back.
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/webchat/chat_sockets.h"
#include "support/websocket_frames.h"
#include "support/websocket_world.h"

using namespace sluice;
using namespace sluice::test;

namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

struct House {
  explicit House(ChatOptions options = {}, ChatSocketsOptions door = {},
                 std::size_t turn_messages = LoopOptions{}.turn_messages)
      : loop(virtual_loop(turn_messages)),
        chat(loop, std::move(options)),
        server(loop),
        sockets(chat, server, std::move(door)) {}

  // A browser's connection; `query` is that of its request.
  std::unique_ptr<MemoryPeer> join(std::string_view query, std::string* answer = nullptr) {
    ConnectionOptions options;
    server.prepare(options);
    auto peer = std::make_unique<MemoryPeer>(loop, sockets.factory()({}), options, address);
    peer->send(handshake(std::string("/chat").append(query)));
    const std::string got = peer->received();
    if (answer != nullptr) *answer = got.substr(std::min(got.size(), got.find("\r\n\r\n") + 4));
    return peer;
  }

  static LoopOptions virtual_loop(std::size_t turn_messages) {
    LoopOptions options;
    options.virtual_time = true;
    options.turn_messages = turn_messages;
    return options;
  }

  Address address;  // of the browsers; without one each has a rate of its own
  Loop loop;
  Chat chat;
  WebSocketServer server;
  ChatSockets sockets;
};

}  // namespace

Test(chat_sockets, joins_browsers_and_plain_lines_in_one_house) {
  House house;
  MemoryPeer lines(house.loop, house.chat.handler());
  (void)lines.received();
  std::string welcome;
  const auto browser = house.join("?nick=ann", &welcome);
  const std::vector<std::string> first = messages_of(welcome);
  cr_assert(first.size() == 1);
  cr_expect(has(first[0], R"("type":"welcome","nick":"ann","room":"lobby","greeting":"Welcome.)"));
  cr_expect(has(first[0], R"("members":["ann","guest1"],"resumed":false})"));
  lines.settle();
  cr_expect(lines.received() == "* ann joined\n");

  browser->send(client_frame(kText, "hello"));
  lines.settle();
  cr_expect(lines.received() == "<ann> hello\n");
  const auto own = messages_of(browser->received());
  cr_assert(own.size() == 1);
  cr_expect(has(own[0], R"("type":"said","id":")"));
  cr_expect(has(own[0], R"("room":"lobby","author":"ann","text":"hello"})"));

  lines.send("/me waves\n");
  browser->settle();
  const auto waves = messages_of(browser->received());
  cr_assert(waves.size() == 1);
  cr_expect(has(waves[0], R"("type":"acted")"));
  cr_expect(has(waves[0], R"("author":"guest1","text":"waves"})"));
}

Test(chat_sockets, gives_a_client_that_comes_back_what_it_has_missed) {
  House house;
  const auto bob = house.join("?nick=bob");
  auto ann = house.join("?nick=ann");
  bob->send(client_frame(kText, "one"));
  ann->settle();
  const std::string seen = ann->received();
  const std::size_t begin = seen.find(R"("id":")") + 6;
  const std::string last = seen.substr(begin, seen.find('"', begin) - begin);
  ann->reset();
  bob->send(client_frame(kText, "two"));
  bob->send(client_frame(kText, "three"));
  std::string answer;
  ann = house.join("?nick=ann&after=" + last, &answer);
  const auto got = messages_of(answer);
  cr_assert(got.size() == 3, "%zu", got.size());
  cr_expect(has(got[0], R"("resumed":true})"));
  cr_expect(has(got[1], R"("text":"two"})"));
  cr_expect(has(got[2], R"("text":"three"})"));

  // A number of another house, as after a restart of the server.
  (void)house.join("?after=1-5", &answer);
  const auto all = messages_of(answer);
  cr_assert(all.size() == 4);
  cr_expect(has(all[0], R"("resumed":false})"));
}

Test(chat_sockets, brings_a_client_to_the_room_that_it_was_in) {
  House house;
  const auto bob = house.join("?nick=bob");
  bob->send(client_frame(kText, "/join attic"));
  bob->send(client_frame(kText, "up here"));
  std::string answer;
  (void)house.join("?nick=ann&room=attic", &answer);
  cr_expect(!has(answer, R"("room":"lobby","greeting")"));
  cr_expect(has(answer, R"("type":"welcome","nick":"ann","room":"attic")"));
  cr_expect(has(answer, R"("text":"up here"})"));

  bob->send(client_frame(kText, "/mode +i"));
  (void)house.join("?nick=cleo&room=attic", &answer);
  cr_expect(has(answer, "attic is closed"));
  cr_expect(has(answer, R"("type":"welcome","nick":"cleo","room":"lobby")"));
}

Test(chat_sockets, gives_a_browser_no_name_that_a_member_cannot_take) {
  House house;
  for (const std::string_view wanted :
       {"operator", "SYSTEM", "lobby", "guest7", "%5Bann%5D", "a%20b", ""}) {
    std::string answer;
    const auto browser = house.join(std::string("?nick=").append(wanted), &answer);
    cr_expect(has(answer, R"("nick":"guest1")"), "%s", answer.c_str());
  }
  std::string answer;
  const auto ann = house.join("?nick=ann", &answer);
  cr_expect(has(answer, R"("nick":"ann")"));
  const auto second = house.join("?nick=ANN", &answer);
  cr_expect(has(answer, R"("nick":"guest1")"));
  const auto digits = house.join("?nick=7of9", &answer);
  cr_expect(has(answer, R"("nick":"7of9")"));
}

Test(chat_sockets, ends_what_is_no_line) {
  House house({}, {.max_line = 10});
  const auto ann = house.join("");
  ann->send(client_frame(kText, "more than ten bytes"));
  cr_expect(has(ann->received(), "that line is too long"));
  ann->send(client_frame(kText, "a\nb"));
  cr_expect(has(ann->received(), R"("text":"a b"})"));
  ann->send(client_frame(kBinary, "x"));
  cr_expect(ann->received() == server_frame(kClose, close_payload(1003, "lines are text")));
}

Test(chat_sockets, leaves_when_the_member_says_so) {
  House house;
  const auto ann = house.join("");
  ann->send(client_frame(kText, "/quit"));
  cr_expect(has(ann->received(), server_frame(kClose, close_payload(1000))));
  cr_expect(house.chat.house().members() == 0);
}

Test(chat_sockets, serves_one_path_if_it_has_one) {
  House house({}, {.path = "/talk"});
  const auto wrong = house.join("");
  cr_expect(wrong->saw_end());
  cr_expect(house.chat.house().members() == 0);
}

Test(chat_sockets, reads_a_member_above_its_rate_later) {
  ChatOptions options;
  options.rate = TokenRate::of(1, std::chrono::seconds(1), 3);
  House house(options);
  const auto ann = house.join("");
  (void)ann->received();
  for (int i = 0; i < 5; ++i) ann->send(client_frame(kText, std::to_string(i)));
  const std::size_t first = messages_of(ann->received()).size();
  cr_expect(first == 2, "%zu", first);  // the newcomer's notice is one
  ann->advance(std::chrono::seconds(10));
  cr_expect(messages_of(ann->received()).size() == 3);
}

Test(chat_sockets, counts_each_line_of_a_source_also_when_turns_are_short) {
  ChatOptions options;
  options.rate = TokenRate::of(1, std::chrono::seconds(10), 4);
  House house(options, {}, 1);
  house.address = *Address::from_ip("192.0.2.1", 40'000);
  const auto ann = house.join("?nick=ann");
  const auto bob = house.join("?nick=bob");
  const auto cleo = house.join("?nick=cleo");
  // Both lines wait for a slow member, and are admitted in one turn.
  MemoryPeer slow(house.loop, house.chat.handler(), {.high_water = 1'000},
                  *Address::from_ip("192.0.2.2", 40'000));
  MemoryPeer loud(house.loop, house.chat.handler(), {}, *Address::from_ip("192.0.2.3", 40'000));
  (void)slow.received();
  slow.set_window(0);
  loud.send(std::string(4'000, 'x') + "\n");
  ann->send(client_frame(kText, "from ann"));
  bob->send(client_frame(kText, "from bob"));
  (void)cleo->received();
  slow.set_window(MemoryPeer::kUnlimited);
  slow.settle();
  const std::vector<std::string> first = messages_of(cleo->received());
  cr_expect(first.size() == 1, "%zu: one token was left", first.size());
  cleo->advance(std::chrono::seconds(10));
  cr_expect(messages_of(cleo->received()).size() == 1);
}

Test(chat_sockets, drops_no_line_of_a_newcomer_that_waits_for_its_rate) {
  ChatOptions options;
  options.rate = TokenRate::of(1, std::chrono::seconds(1), 1);
  House house(options);
  house.address = *Address::from_ip("192.0.2.1", 40'000);
  const auto ann = house.join("?nick=ann");
  auto bob = std::make_unique<MemoryPeer>(house.loop, house.sockets.factory()({}),
                                          ConnectionOptions{}, house.address);
  bob->send(handshake("/chat?nick=bob") + client_frame(kText, "early"));
  (void)ann->received();
  ann->advance(std::chrono::seconds(3));
  const std::string read = ann->received();
  cr_expect(has(read, R"("text":"early"})"), "%s", read.c_str());
}
