// Several houses that are one: what members of each read, and what they read without the bus.
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/bus/bus_record.h"
#include "protocols/bus/chat_bridge.h"
#include "protocols/bus/local_bus.h"
#include "protocols/chat/chat_record.h"
#include "protocols/webchat/chat_sockets.h"
#include "support/hand_bus.h"
#include "support/websocket_frames.h"
#include "support/websocket_world.h"
#include <sluice/chat.h>
#include <sluice/chat_house.h>
#include <sluice/chat_lines.h>
#include <sluice/loop.h>
#include <sluice/memory_peer.h>

using sluice::Chat;
using sluice::ChatBridge;
using sluice::ChatEvent;
using sluice::ChatFormat;
using sluice::ChatHouse;
using sluice::ChatLines;
using sluice::ChatMember;
using sluice::ChatModeChange;
using sluice::ChatOptions;
using sluice::ChatOutlet;
using sluice::ChatRecord;
using sluice::ChatRecorder;
using sluice::ChatResult;
using sluice::ChatSockets;
using sluice::LocalBus;
using sluice::LocalBusHub;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::MemoryPeer;
using sluice::Payload;
using sluice::WebSocketServer;
using sluice::test::client_frame;
using sluice::test::HandBus;
using sluice::test::handshake;
using sluice::test::HandStream;
using sluice::test::kText;

namespace {

class Person final : public ChatOutlet {
 public:
  Person(ChatHouse& house, std::string_view nick) : house_(house) {
    member = ChatLines(house).enter(*this, nick);
  }
  void deliver(const Payload& block) override {
    const auto bytes = block.bytes();
    received_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void on_dismissed() override { member = nullptr; }
  void say(std::string_view line) { cr_assert(ChatLines(house_).submit(*member, line)); }
  std::string read() {
    house_.flush();
    return std::exchange(received_, {});
  }
  ChatMember* member = nullptr;

 private:
  ChatHouse& house_;
  std::string received_;
};

// The text of each event with its place in the order of the bus.
class Places final : public ChatFormat {
 public:
  void append(std::string& to, const ChatEvent& event) const override {
    to += std::to_string(event.number) + ' ' + std::string(event.text) + '\n';
  }
};

std::string places_in(ChatHouse& house) {
  std::string text;
  house.lobby().append_history(text, Places());
  return text;
}

// Keeps the plain lines of the room tea.
class TeaLog final : public ChatRecorder, public ChatRecord {
 public:
  ChatRecord* record_of(std::string_view room) noexcept override {
    return room == "tea" ? this : nullptr;
  }
  void add_to_all(const ChatEvent& event) noexcept override { add(event); }
  void flush() noexcept override {}
  void add(const ChatEvent& event) noexcept override { ChatLines::format().append(text, event); }
  std::string text;
};

// Two houses on buses that the test carries.
struct Two {
  Loop loop;
  HandStream stream;
  ChatHouse first_house;
  ChatHouse second_house;
  HandBus first{stream, "first"};
  HandBus second{stream, "second"};
  ChatBridge first_bridge{loop, first_house, first};
  ChatBridge second_bridge{loop, second_house, second};

  Two() {
    first.set_reachable(true);
    second.set_reachable(true);
    settle();
  }
  // Everything is sent, and read by both, until nobody has more to say.
  void settle() {
    do {
      loop.poll();
      first.send();
      second.send();
      first.read();
      second.read();
      loop.poll();
    } while (first.waiting() + second.waiting() != 0);
  }
};

// A chat whose members are in memory, with a bus that the test carries.
struct Drained {
  Loop loop{LoopOptions{.virtual_time = true}};
  Chat chat{loop, plain()};
  HandStream stream;
  HandBus bus{stream, "first"};
  ChatBridge bridge{loop, chat.house(), bus};

  Drained() { bus.set_reachable(true); }
  std::unique_ptr<MemoryPeer> enter(std::string_view nick) {
    auto peer = std::make_unique<MemoryPeer>(loop, chat.handler());
    peer->send("/nick " + std::string(nick) + '\n');
    carry();
    (void)peer->received();
    return peer;
  }
  void carry() {
    loop.poll();
    bus.send();
    bus.read();
    loop.poll();
  }

 private:
  static ChatOptions plain() {
    ChatOptions options;
    options.rate.reset();
    return options;
  }
};

}  // namespace

Test(chat_bridge, members_of_two_houses_read_all_lines_in_one_order) {
  Two two;
  Person ann(two.first_house, "ann");
  Person bob(two.second_house, "bob");
  Person cat(two.first_house, "cat");
  Person dan(two.second_house, "dan");
  two.settle();
  for (Person* each : {&ann, &bob, &cat, &dan}) (void)each->read();
  ann.say("one");
  bob.say("two");
  ann.say("three");
  cr_expect_eq(cat.read(), "", "a line is read when it comes back");
  two.second.send();
  two.first.send();
  two.settle();
  cr_expect_eq(cat.read(), "<bob> two\n<ann> one\n<ann> three\n");
  cr_expect_eq(dan.read(), "<bob> two\n<ann> one\n<ann> three\n");
  cr_expect_eq(ann.read(), "<bob> two\n");
  cr_expect_eq(bob.read(), "<ann> one\n<ann> three\n");
}

Test(chat_bridge, members_of_the_other_house_come_and_go_as_those_of_this_one) {
  Two two;
  Person ann(two.first_house, "ann");
  two.settle();
  (void)ann.read();
  Person bob(two.second_house, "bob");
  two.settle();
  cr_expect_eq(ann.read(), "* bob joined\n");
  bob.say("/nick rob");
  two.settle();
  cr_expect_eq(ann.read(), "* bob is now rob\n");
  cr_expect_eq(bob.read().substr(0, 8), "Welcome.");
  bob.say("/topic tea");
  two.settle();
  cr_expect_eq(two.first_house.lobby().topic().text, "tea");
  cr_expect_not(ann.read().empty());
  bob.say("bye");
  two.second_house.leave(*bob.member, "gone");
  two.settle();
  cr_expect_eq(ann.read(), "<rob> bye\n* rob left (gone)\n");
  cr_expect_eq(two.first_house.members(), 1);
}

Test(chat_bridge, a_line_has_one_place_in_all_houses_and_keeps_it_for_a_newcomer) {
  Two two;
  Person ann(two.first_house, "ann");
  Person bob(two.second_house, "bob");
  two.settle();
  ann.say("one");
  ann.say("two");
  bob.say("three");
  two.settle();
  const std::string places = places_in(two.first_house);
  cr_expect(places.find(" two\n") != places.npos && !places.starts_with("0 "), "%s",
            places.c_str());
  cr_expect_eq(places_in(two.second_house), places);
  ChatHouse third_house;
  HandBus third(two.stream, "third");
  const ChatBridge third_bridge(two.loop, third_house, third);
  third.read(true);
  cr_expect_eq(places_in(third_house), places);
}

Test(chat_bridge, the_logs_of_a_room_keep_who_comes_first_and_leaves_last) {
  TeaLog first_log;
  TeaLog second_log;
  Two two;
  two.first_house.set_recorder(&first_log);
  two.second_house.set_recorder(&second_log);
  Person ann(two.first_house, "ann");
  two.settle();
  ann.say("/join tea");
  two.settle();
  ann.say("hello");
  ann.say("/part");
  two.settle();
  const std::string all = "* ann joined\n<ann> hello\n* ann left (went to lobby)\n";
  cr_expect_eq(first_log.text, all);
  cr_expect_eq(second_log.text, all);
}

Test(chat_bridge, rooms_other_than_the_lobby_are_shared_with_their_operators) {
  Two two;
  Person ann(two.first_house, "ann");
  Person bob(two.second_house, "bob");
  two.settle();
  ann.say("/join tea");
  two.settle();
  bob.say("/join tea");
  two.settle();
  (void)ann.read();
  (void)bob.read();
  bob.say("hello");
  two.settle();
  cr_expect_eq(ann.read(), "<bob> hello\n");
  const auto* const room = two.second_house.find_room("tea");
  cr_assert_not_null(room);
  cr_expect_eq(room->members().size(), 2);
  cr_expect(room->has_operator(*two.second_house.find_member("ann")));
  cr_expect_not(room->has_operator(*bob.member));
  ann.say("/kick bob noise");
  two.settle();
  cr_expect_not(bob.read().find("noise") == std::string::npos);
  cr_expect_eq(bob.member->rooms().front(), &two.second_house.lobby());
  cr_expect_eq(two.first_house.find_room("tea")->members().size(), 1);
  cr_expect(two.first_house.find_member("bob")->is_in(two.first_house.lobby()));
}

Test(chat_bridge, a_ban_of_one_house_holds_in_the_other) {
  Two two;
  Person ann(two.first_house, "ann");
  Person bob(two.second_house, "bob");
  two.settle();
  ann.say("/join tea");
  two.settle();
  const auto banned = two.first_house.change_mode(
      *ann.member, *two.first_house.find_room("tea"),
      ChatModeChange{.adds = true, .letter = 'b', .parameter = "bob!*@*"});
  cr_assert(banned == ChatResult::ok);
  two.settle();
  cr_expect(two.second_house.check_join(*bob.member, "tea") == ChatResult::banned);
}

Test(chat_bridge, what_is_said_to_one_member_goes_to_its_house_alone) {
  Two two;
  Person ann(two.first_house, "ann");
  Person bob(two.second_house, "bob");
  Person dan(two.second_house, "dan");
  two.settle();
  for (Person* each : {&ann, &bob, &dan}) (void)each->read();
  ann.say("/msg bob psst");
  two.settle();
  cr_expect_eq(bob.read(), "[ann] psst\n");
  cr_expect_eq(dan.read(), "");
}

Test(chat_bridge, a_nick_of_the_other_house_is_taken) {
  Two two;
  Person ann(two.first_house, "ann");
  two.settle();
  Person bob(two.second_house, "bob");
  cr_expect(two.second_house.set_nick(*bob.member, "ANN") == ChatResult::name_taken);
}

Test(chat_bridge, of_two_claims_for_a_nick_the_first_in_the_stream_holds) {
  Two two;
  Person one(two.first_house, "ann");
  Person other(two.second_house, "ann");
  two.second.send();  // before the first house
  two.settle();
  cr_expect_eq(other.member->nick(), "ann");
  cr_expect_eq(one.member->nick(), "guest1");
  for (ChatHouse* house : {&two.first_house, &two.second_house}) {
    cr_expect_eq(house->members(), 2);
    cr_assert_not_null(house->find_member("ann"));
    cr_assert_not_null(house->find_member("guest1"));
  }
  cr_expect_not(one.read().find("ann is a member on another machine: you are guest1") ==
                std::string::npos);
}

Test(chat_bridge, without_the_bus_the_members_of_one_house_talk_and_are_told_once) {
  Two two;
  Person ann(two.first_house, "ann");
  Person cat(two.first_house, "cat");
  Person bob(two.second_house, "bob");
  two.settle();
  for (Person* each : {&ann, &bob, &cat}) (void)each->read();
  ann.say("before");  // waits for the bus when that ceases to work
  two.first.set_reachable(false);
  ann.say("after");
  cr_expect_eq(cat.read(),
               "<ann> before\n* the other machines cannot be reached: what you say reaches them "
               "when they are back\n<ann> after\n");
  cr_expect_eq(bob.read(), "");
  Person eve(two.first_house, "eve");
  two.loop.poll();
  cr_expect_not(eve.read().find("cannot be reached") == std::string::npos);
  cr_expect_eq(cat.read(), "* eve joined\n");
  two.first.set_reachable(true);
  two.settle();
  cr_expect_eq(cat.read(), "* the other machines can be reached again\n", "nothing twice");
  cr_expect_eq(bob.read(), "<ann> before\n<ann> after\n* eve joined\n");
}

Test(chat_bridge, what_was_lost_is_announced_and_the_members_are_put_right) {
  TeaLog log;
  Two two;
  two.second_house.set_recorder(&log);
  Person ann(two.first_house, "ann");
  Person bob(two.second_house, "bob");
  two.settle();
  Person cat(two.first_house, "cat");
  two.loop.poll();
  while (two.first.waiting() != 0) two.first.lose();
  (void)bob.read();
  ann.say("hello");
  two.settle();
  cr_expect_eq(bob.read(), "* 2 events of another machine were lost\n<ann> hello\n* cat joined\n");
  cr_expect_eq(log.text, "* 2 events of another machine were lost\n");
  cr_expect_not_null(two.second_house.find_member("cat"));
}

Test(chat_bridge, what_the_bus_loses_is_lost_for_the_other_houses_alone) {
  Two two;
  Person ann(two.first_house, "ann");
  Person cat(two.first_house, "cat");
  Person bob(two.second_house, "bob");
  two.settle();
  for (Person* each : {&ann, &bob, &cat}) (void)each->read();
  ann.say("one");
  ann.say("two");
  cat.say("three");
  two.first.lose();
  two.first.lose();
  two.settle();
  cr_expect_eq(cat.read(), "<ann> one\n<ann> two\n");
  cr_expect_eq(ann.read(), "<cat> three\n");
  cr_expect_eq(bob.read(), "* 2 events of another machine were lost\n<cat> three\n");
}

Test(chat_bridge, the_members_of_a_house_that_is_gone_leave) {
  Two two;
  Person ann(two.first_house, "ann");
  Person bob(two.second_house, "bob");
  two.settle();
  (void)ann.read();
  two.first.listener().on_house_gone("second");
  cr_expect_eq(ann.read(), "* bob left (its machine is gone)\n");
  cr_expect_eq(two.first_house.members(), 1);
}

Test(chat_bridge, a_newcomer_reads_old_lines_of_the_lobby_that_were_said_elsewhere) {
  Two two;
  Person ann(two.first_house, "ann");
  ann.say("old");
  two.settle();
  ChatHouse house;
  HandStream empty;
  HandBus bus(empty, "third");
  const ChatBridge bridge(two.loop, house, bus);
  for (const auto& entry : two.stream.entries) {
    bus.listener().on_message({.house = entry.house,
                               .number = entry.number,
                               .time = {},
                               .body = entry.body,
                               .is_old = true});
  }
  cr_expect_eq(house.members(), 0);
  Person dan(house, "dan");
  cr_expect_not(dan.read().find("<ann> old\n") == std::string::npos);
}

Test(chat_bridge, messages_of_a_wrong_form_change_nothing) {
  Two two;
  Person ann(two.first_house, "ann");
  two.settle();
  (void)ann.read();
  const auto record = [](const std::vector<std::string>& fields) {
    std::string text;
    for (const std::string& field : fields) sluice::append_bus_field(text, field);
    return text;
  };
  const std::vector<std::string> bodies = {
      "",
      "rubbish",
      record({"n"}),
      record({"n", "s", "lobby", "b b", "o", "", "text", "", ""}),
      record({"n", "s", "lobby", "bob", "o", "", "two\nlines", "", ""}),
      record({"n", "?", "lobby", "bob", "o", "", "text", "", ""}),
      record({"n", "j", "no room", "bob", "o", "", "", "", ""}),
      record({"n", "r", "lobby", "bob", "o", "new name", "", "", ""}),
      record({"e", "b b", "o", ""}),
      record({"e", "bob"}),
      record({"m", "bob", "lobby", "+", "oo", "ann"}),
      record({"p", "s", "", "bob", "o", "nobody", "text", "", ""}),
      record({"s", "rubbish"}),
      record({"?", "more"})};
  std::uint64_t number = 0;
  for (const std::string& body : bodies) {
    two.first.listener().on_message(
        {.house = "rogue", .number = ++number, .time = {}, .body = body});
  }
  two.settle();
  cr_expect_eq(ann.read(), "");
  cr_expect_eq(two.first_house.members(), 1);
}

// --- Drain, and the limit of what waits for the bus ---

Test(chat_bridge, a_drain_delivers_what_was_said_last_without_the_bus) {
  Drained world;
  const auto ann = world.enter("ann");
  const auto bob = world.enter("bob");
  (void)ann->received();
  bob->send("good\n");
  cr_expect_eq(ann->received(), "", "it waits for the bus");
  world.loop.drain(std::chrono::seconds(10));
  bob->send("night\n");
  cr_expect_eq(ann->received(), "<bob> good\n* the chat is closing\n<bob> night\n");
  cr_expect_eq(bob->received(), "* the chat is closing\n");
  cr_expect(ann->saw_end() && bob->saw_end());
  cr_expect_geq(world.bus.waiting(), 2, "the others read it from the bus");
}

Test(chat_bridge, a_drain_delivers_the_last_lines_before_the_close_frame_of_a_browser) {
  Drained world;
  WebSocketServer server(world.loop);
  ChatSockets sockets(world.chat, server, {.path = "/chat"});
  MemoryPeer browser(world.loop, sockets.factory()({}));
  MemoryPeer other(world.loop, sockets.factory()({}));
  browser.send(handshake("/chat"));
  other.send(handshake("/chat"));
  world.carry();
  (void)browser.received();
  other.send(client_frame(kText, "good"));
  world.loop.drain(std::chrono::seconds(10));
  other.send(client_frame(kText, "night"));
  const std::string received = browser.received();
  const auto good = received.find("\"text\":\"good\"");
  const auto night = received.find("\"text\":\"night\"");
  cr_expect(good < night && night != received.npos, "%s", received.c_str());
}

Test(chat_bridge, a_drain_of_some_members_leaves_the_order_of_the_bus_to_the_others) {
  Drained world;
  ChatHouse& house = world.chat.house();
  Person ann(house, "ann");
  Person bob(house, "bob");
  world.carry();
  (void)ann.read();
  bob.say("held");
  house.set_draining(true);
  bob.say("at once");
  cr_expect_eq(ann.read(), "<bob> held\n<bob> at once\n");
  house.set_draining(false);
  bob.say("from the bus");
  cr_expect_eq(ann.read(), "");
  world.carry();
  cr_expect_eq(ann.read(), "<bob> from the bus\n", "nothing twice");
  house.leave(*ann.member, {});
  house.leave(*bob.member, {});
}

Test(chat_bridge, above_its_limit_the_oldest_lines_do_not_wait_for_the_bus) {
  Two two;
  Person ann(two.first_house, "ann");
  Person cat(two.first_house, "cat");
  two.settle();
  (void)cat.read();
  const std::string line(60'000, 'x');
  std::size_t lines = 0;
  for (; lines * line.size() <= ChatBridge::kMaxHeld; ++lines) ann.say(line);
  two.loop.poll();
  const std::string first = cat.read();
  cr_expect(first == "<ann> " + line + '\n', "%zu", first.size());
  two.settle();
  cr_expect_eq(cat.read().size(), (lines - 1) * first.size(), "nothing twice");
}

Test(chat_bridge, houses_of_one_process_share_a_hub) {
  Loop loop;
  LocalBusHub hub(loop);
  ChatHouse first_house;
  ChatHouse second_house;
  LocalBus first(hub, "a");
  auto second = std::make_unique<LocalBus>(hub, "b");
  const ChatBridge first_bridge(loop, first_house, first);
  auto second_bridge = std::make_unique<ChatBridge>(loop, second_house, *second);
  Person ann(first_house, "ann");
  Person bob(second_house, "bob");
  loop.poll();
  (void)ann.read();
  bob.say("hello");
  loop.poll();
  cr_expect_eq(ann.read(), "<bob> hello\n");
  second_bridge.reset();
  second.reset();
  cr_expect_eq(ann.read(), "* bob left (its machine is gone)\n");
}
