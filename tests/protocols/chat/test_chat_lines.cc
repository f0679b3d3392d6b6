// The plain lines of a chat, without sockets: which member receives which line, in which order, and
// what is rejected.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/heap.h"
#include <sluice/chat_lines.h>

using sluice::ChatHouse;
using sluice::ChatLines;
using sluice::ChatMember;
using sluice::ChatOutlet;
using sluice::ChatRules;
using sluice::Payload;

namespace {

// A member that stores what it receives.
class Recorder final : public ChatOutlet {
 public:
  explicit Recorder(ChatHouse& house, std::string_view nick = {}) : house_(house) {
    received_.reserve(4096);  // for deliver(), which must not throw
    member = ChatLines(house).enter(*this, nick);
  }
  void deliver(const Payload& block) override {
    ++blocks;
    last = block;
    const auto bytes = block.bytes();
    received_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void on_dismissed() override { member = nullptr; }

  // Returns false if the line must be submitted again.
  bool type(std::string_view line) { return ChatLines(house_).submit(*member, line); }
  void leave(std::string_view reason = {}) {
    house_.leave(*std::exchange(member, nullptr), reason);
  }
  [[nodiscard]] const std::string& room() const { return member->rooms().front()->name(); }
  // Everything since the last call.
  std::string received() {
    house_.flush();
    blocks = 0;
    return std::exchange(received_, {});
  }
  [[nodiscard]] const std::string& so_far() const { return received_; }

  ChatMember* member = nullptr;
  std::size_t blocks = 0;
  Payload last;

 private:
  ChatHouse& house_;
  std::string received_;
};

ChatRules plain() {
  ChatRules rules;
  rules.greeting.clear();
  return rules;
}

// A house with three members that have received everything so far.
struct World {
  explicit World(ChatRules rules = plain()) : house(std::move(rules)) {
    for (Recorder* one : {&ann, &bob, &cleo}) (void)one->received();
  }
  ChatHouse house;
  Recorder ann{house, "ann"};
  Recorder bob{house, "bob"};
  Recorder cleo{house, "cleo"};
};

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

}  // namespace

// --- Members ---

Test(chat_lines, greets_a_newcomer_and_lists_the_members) {
  ChatHouse house({.greeting = "Hello!"});
  Recorder one(house);
  cr_expect(one.received() ==
            "Hello!\n* you are guest1, in the room lobby\n* nobody else is here\n");
  Recorder two(house);
  cr_expect(two.received() == "Hello!\n* you are guest2, in the room lobby\n* here: guest1\n");
  cr_expect(one.received() == "* guest2 joined\n");
}

Test(chat_lines, sends_a_newcomer_the_last_lines) {
  ChatRules rules = plain();
  rules.history = 2;
  World world(rules);
  cr_expect(world.ann.type("one"));
  cr_expect(world.bob.type("two"));
  cr_expect(world.bob.type("/me nods"));
  cr_expect(world.bob.type("/topic not shown as a line"));
  Recorder late(world.house, "late");
  cr_expect(late.received() ==
            "* you are late, in the room lobby\n* topic: not shown as a line\n"
            "<bob> two\n~ bob nods\n* here: ann, bob, cleo\n");
}

Test(chat_lines, sends_a_newcomer_no_line_twice) {
  World world;
  cr_expect(world.ann.type("before"));
  Recorder one(world.house, "one");
  cr_expect(world.ann.type("between"));
  Recorder two(world.house, "two");
  cr_expect(world.ann.type("after"));
  cr_expect(count(one.received(), "before\n") == 1);
  const std::string received = two.received();
  cr_expect(count(received, "before\n") == 1 && count(received, "between\n") == 1);
  cr_expect(received.ends_with("* here: ann, bob, cleo, one\n<ann> after\n"));
}

Test(chat_lines, names_newcomers_guest_with_the_smallest_free_number) {
  ChatHouse house(plain());
  std::vector<std::unique_ptr<Recorder>> all;
  for (int i = 1; i <= 5; ++i) all.push_back(std::make_unique<Recorder>(house));
  cr_expect(all[4]->member->nick() == "guest5");
  all[3]->leave();
  all[1]->leave();
  Recorder one(house);
  Recorder two(house);
  Recorder three(house);
  cr_expect(one.member->nick() == "guest2");
  cr_expect(two.member->nick() == "guest4");
  cr_expect(three.member->nick() == "guest6");
  all[0]->leave();
  const Recorder seven(house, "Guest7");
  Recorder four(house);
  Recorder five(house);
  cr_expect(four.member->nick() == "guest1");
  cr_expect(five.member->nick() == "guest8", "guest7 is taken, in another case");
}

Test(chat_lines, gives_a_newcomer_the_requested_nick_if_it_is_free) {
  World world;
  Recorder taken(world.house, "ANN");
  Recorder wrong(world.house, "no name");
  cr_expect(taken.member->nick() == "guest1");
  cr_expect(wrong.member->nick() == "guest2");
}

Test(chat_lines, refuses_a_newcomer_if_it_is_full) {
  ChatRules rules = plain();
  rules.max_members = 3;
  World world(rules);
  Recorder late(world.house);
  cr_expect(late.member == nullptr);
  cr_expect(late.received() == "* the chat is full: at most 3 members; try again later\n");
  cr_expect(world.ann.received().empty());
  world.bob.leave();
  cr_expect(Recorder(world.house).member != nullptr);
}

Test(chat_lines, announces_which_member_left_and_why) {
  World world;
  world.bob.leave();
  world.cleo.leave("connection lost");
  cr_expect(world.ann.received() == "* bob left\n* cleo left (connection lost)\n");
  cr_expect(world.house.members() == 1);
}

Test(chat_lines, announces_a_hundred_departures_in_one_block) {
  World world;
  std::vector<std::unique_ptr<Recorder>> all;
  for (int i = 0; i < 100; ++i) all.push_back(std::make_unique<Recorder>(world.house));
  (void)world.ann.received();
  for (const auto& one : all) one->leave("connection lost");
  world.house.flush();
  cr_expect(world.ann.blocks == 1);
  cr_expect(count(world.ann.received(), " left (connection lost)\n") == 100);
}

Test(chat_lines, announces_a_hundred_newcomers_in_one_block) {
  World world;
  std::vector<std::unique_ptr<Recorder>> all;
  for (int i = 0; i < 100; ++i) all.push_back(std::make_unique<Recorder>(world.house));
  world.house.flush();
  cr_expect(world.ann.blocks == 1);
  cr_expect(count(world.ann.received(), " joined\n") == 100);
  for (std::size_t i = 0; i < 100; ++i) {
    const std::string received = all[i]->received();
    cr_assert(count(received, " joined\n") == 99 - i, "guest%zu", i + 1);
    cr_assert(received.starts_with("* you are"), "the welcome comes first");
  }
}

// --- Lines ---

Test(chat_lines, delivers_a_line_to_all_others_in_the_room) {
  World world;
  cr_expect(world.ann.type("hello"));
  cr_expect(world.ann.received().empty());
  cr_expect(world.bob.received() == "<ann> hello\n");
  cr_expect(world.cleo.received() == "<ann> hello\n");
}

Test(chat_lines, collects_consecutive_lines_in_one_shared_block) {
  World world;
  for (int i = 0; i < 100; ++i) cr_expect(world.ann.type("line"));
  world.house.flush();
  cr_expect(world.bob.blocks == 1);
  cr_expect(world.bob.last.bytes().data() == world.cleo.last.bytes().data());
  cr_expect(count(world.bob.received(), "<ann> line\n") == 100);
}

Test(chat_lines, limits_the_size_of_a_block) {
  World world;
  const std::string line(1'000, 'x');
  std::size_t largest = 0;
  for (int i = 0; i < 1'000; ++i) {
    cr_expect(world.ann.type(line));
    largest = std::max(largest, world.bob.last.size());
  }
  cr_expect(largest > 128 * 1024 && largest < 130 * 1024, "%zu", largest);
}

Test(chat_lines, delivers_to_all_in_one_order) {
  World world;
  Recorder dora(world.house, "dora");
  (void)dora.received();
  for (int i = 0; i < 50; ++i) {
    Recorder& one = i % 3 == 0 ? world.ann : i % 3 == 1 ? world.bob : world.cleo;
    cr_expect(one.type(std::to_string(i)));
    if (i % 7 == 0) cr_expect(one.type("/me acts " + std::to_string(i)));
    if (i % 5 == 0) cr_expect(one.type("/topic " + std::to_string(i)));
  }
  const std::string all = dora.received();
  cr_expect(count(all, "\n") == 50 + 8 + 10);
  for (Recorder* one : {&world.ann, &world.bob, &world.cleo}) {
    // Each member receives what the fourth receives, except its own lines.
    const std::string nick(one->member->nick());
    const std::string received = one->received();
    std::string want;
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t end = all.find('\n', at) + 1;
      const std::string line = all.substr(at, end - at);
      at = end;
      if (line.starts_with("<" + nick + ">") || line.starts_with("~ " + nick + " acts")) continue;
      want += line;
    }
    cr_expect(received.ends_with(want), "%s", nick.c_str());
  }
}

Test(chat_lines, answers_in_the_order_of_the_lines) {
  World world;
  cr_expect(world.bob.type("first"));
  cr_expect(world.ann.type("/who"));
  cr_expect(world.ann.received() == "<bob> first\n* 3 members in lobby: ann, bob, cleo\n");
  cr_expect(world.ann.type("loud"));
  cr_expect(world.ann.type("/msg bob quiet"));
  cr_expect(world.ann.type("loud again"));
  cr_expect(world.bob.received() == "<ann> loud\n[ann] quiet\n<ann> loud again\n");
}

Test(chat_lines, ignores_empty_lines) {
  World world;
  cr_expect(world.ann.type(""));
  cr_expect(world.bob.received().empty());
}

Test(chat_lines, delivers_a_line_with_two_slashes_with_one) {
  World world;
  cr_expect(world.ann.type("//nick bob"));
  cr_expect(world.bob.received() == "<ann> /nick bob\n");
}

Test(chat_lines, replaces_characters_that_could_harm_a_terminal) {
  World world;
  Recorder late(world.house, "late");
  (void)late.received();
  cr_expect(late.type("\x1b[2J\r\n\xff"));
  cr_expect(late.type("/me \x1b"));
  cr_expect(late.type("/msg ann \x1b"));
  cr_expect(late.type("/topic \x1b"));
  cr_expect(late.type("/\x1b"));
  cr_expect(late.type("/msg \x1b x"));
  cr_expect(late.type("/who \x1b"));
  cr_expect(late.type("/nick \x1b"));
  cr_expect(late.type("/join \x1b"));
  const std::string welcome = late.received();
  cr_expect(late.type("/quit \x1b"));
  for (const std::string& received : {world.ann.received(), welcome}) {
    cr_expect(received.find('\x1b') == std::string::npos);
    cr_expect(received.find('\r') == std::string::npos);
    cr_expect(received.find("\xEF\xBF\xBD") != std::string::npos);
  }
}

// --- Commands ---

Test(chat_lines, changes_a_nick) {
  World world;
  cr_expect(world.ann.type("/nick Anna"));
  cr_expect(world.ann.received() == "* ann is now Anna\n");
  cr_expect(world.bob.received() == "* ann is now Anna\n");
  cr_expect(world.ann.type("hi"));
  cr_expect(world.bob.received() == "<Anna> hi\n");
  cr_expect(world.ann.type("/nick ANNA"), "the same name in another case");
  cr_expect(world.bob.received() == "* Anna is now ANNA\n");
  cr_expect(world.bob.type("/nick ann"), "which is free now");
  cr_expect(world.cleo.received().ends_with("* bob is now ann\n"));
}

Test(chat_lines, rejects_a_nick_that_is_in_use) {
  World world;
  cr_expect(world.bob.type("/nick ANN"));
  cr_expect(world.bob.received() == "* the name ANN is taken; you are still bob\n");
  cr_expect(world.ann.received().empty());
  cr_expect(world.bob.member->nick() == "bob");
}

Test(chat_lines, rejects_an_invalid_nick) {
  World world;
  cr_expect(world.bob.type("/nick two words"));
  cr_expect(world.bob.received().starts_with("* character 4 cannot be in a name: allowed are"));
  cr_expect(world.bob.type("/nick"));
  cr_expect(world.bob.received().starts_with("* a name is missing"));
}

Test(chat_lines, delivers_an_action) {
  World world;
  cr_expect(world.ann.type("/me  waves "));
  cr_expect(world.ann.received().empty());
  cr_expect(world.bob.received() == "~ ann waves\n");
  cr_expect(world.ann.type("/me"));
  cr_expect(world.ann.received() == "* what do you do? /me TEXT\n");
}

Test(chat_lines, lets_no_member_forge_a_notice) {
  World world;
  for (const char* typed : {"/me left", "* ann left", "//me left", "/me  * ann left", "\r* x"}) {
    cr_expect(world.ann.type(typed));
    const std::string read = world.bob.received();
    cr_expect(!read.starts_with("* "), "%s: %s", typed, read.c_str());
  }
}

Test(chat_lines, reserves_the_names_of_the_house) {
  World world;
  for (const char* name :
       {"operator", "Operator", "SERVER", "system", "lobby", "guest9", "guest07", "GUEST1"}) {
    cr_expect(world.ann.type("/nick " + std::string(name)));
    cr_expect(world.ann.received() ==
                  "* the name " + std::string(name) + " is reserved; you are still ann\n",
              "%s", name);
  }
  for (const char* name : {"guest", "guesty", "guest1a", "operators"}) {
    cr_expect(world.ann.type("/nick " + std::string(name)));
    cr_expect(world.ann.received().find(" is now " + std::string(name)) != std::string::npos, "%s",
              name);
  }
}

Test(chat_lines, delivers_a_private_message_in_any_room) {
  World world;
  cr_expect(world.bob.type("/join attic"));
  (void)world.bob.received();
  (void)world.cleo.received();
  cr_expect(world.ann.type("/msg BOB psst,  you"));
  cr_expect(world.bob.received() == "[ann] psst,  you\n");
  cr_expect(world.cleo.received().empty());
  (void)world.ann.received();
  cr_expect(world.ann.type("/msg dora hello"));
  cr_expect(world.ann.type("/msg bob"));
  cr_expect(world.ann.type("/msg"));
  cr_expect(world.ann.received() ==
            "* nobody is called dora\n* whom, and what? /msg NICK TEXT\n"
            "* whom, and what? /msg NICK TEXT\n");
}

Test(chat_lines, delivers_lines_only_in_their_room) {
  World world;
  cr_expect(world.bob.type("/join Attic"));
  cr_expect(world.cleo.type("/join aTTIC"));
  cr_expect(world.ann.received() == "* bob left (went to Attic)\n* cleo left (went to Attic)\n");
  cr_expect(world.bob.received() ==
            "* you are bob, in the room Attic\n* nobody else is here\n* cleo joined\n");
  cr_expect(world.cleo.received() ==
            "* bob left (went to Attic)\n* you are cleo, in the room Attic\n* here: bob\n");
  cr_expect(world.bob.type("up here"));
  cr_expect(world.ann.type("down here"));
  cr_expect(world.cleo.received() == "<bob> up here\n");
  cr_expect(world.ann.received().empty());
  cr_expect(world.house.rooms() == 2);
}

Test(chat_lines, delivers_collected_lines_before_a_member_changes_rooms) {
  World world;
  cr_expect(world.ann.type("bye"));
  cr_expect(world.ann.type("/join attic"));
  cr_expect(world.ann.type("hello?"));
  cr_expect(world.bob.received() == "<ann> bye\n* ann left (went to attic)\n");
}

Test(chat_lines, returns_a_member_to_the_lobby) {
  World world;
  cr_expect(world.ann.type("/join attic"));
  cr_expect(world.ann.type("/part"));
  cr_expect(world.ann.room() == "lobby");
  (void)world.ann.received();
  cr_expect(world.ann.type("/part"));
  cr_expect(world.ann.type("/join LOBBY"));
  cr_expect(world.ann.received() == "* you are in lobby already\n* you are in lobby already\n");
}

Test(chat_lines, removes_an_empty_room_with_its_history) {
  World world;
  cr_expect(world.ann.type("/join attic"));
  cr_expect(world.ann.type("an echo"));
  cr_expect(world.ann.type("/topic echoes"));
  cr_expect(world.ann.type("/part"));
  cr_expect(world.house.rooms() == 1);
  cr_expect(world.ann.type("/join attic"));
  cr_expect(
      world.ann.received().ends_with("* you are ann, in the room attic\n* nobody else is here\n"));
  world.ann.leave();
  cr_expect(world.house.rooms() == 1);
}

Test(chat_lines, keeps_the_lobby_when_it_is_empty) {
  World world;
  cr_expect(world.ann.type("anybody?"));
  for (Recorder* one : {&world.ann, &world.bob, &world.cleo}) one->leave();
  cr_expect(world.house.rooms() == 1);
  Recorder late(world.house);
  cr_expect(late.received().find("<ann> anybody?\n") != std::string::npos);
}

Test(chat_lines, creates_no_room_above_the_limit) {
  ChatRules rules = plain();
  rules.max_rooms = 2;
  World world(rules);
  cr_expect(world.ann.type("/join attic"));
  cr_expect(world.bob.type("/join cellar"));
  (void)world.cleo.received();
  cr_expect(world.bob.received().ends_with(
      "* no room can be opened: there are 2, and at most 2; /rooms lists them\n"));
  cr_expect(world.bob.room() == "lobby");
  cr_expect(world.ann.type("/join cellar"), "which closes the attic");
  cr_expect(world.ann.room() == "cellar");
}

Test(chat_lines, refuses_members_in_a_full_room_other_than_the_lobby) {
  ChatRules rules = plain();
  rules.max_in_room = 1;
  World world(rules);
  cr_expect(world.ann.type("/join attic"));
  cr_expect(world.bob.type("hello"));
  (void)world.bob.received();
  cr_expect(world.bob.type("/join Attic"));
  cr_expect(world.bob.received() == "* attic is full: at most 1 member\n");
  cr_expect(world.bob.room() == "lobby");
  cr_expect(world.ann.type("/part"), "the lobby has two already");
  cr_expect(world.ann.room() == "lobby");
}

Test(chat_lines, rejects_an_invalid_room) {
  World world;
  cr_expect(world.ann.type("/join ../etc"));
  cr_expect(world.ann.received().starts_with("* character 1 cannot be in a name"));
  cr_expect(world.house.rooms() == 1);
}

Test(chat_lines, lists_rooms_and_members) {
  World world;
  cr_expect(world.cleo.type("/join attic"));
  cr_expect(world.cleo.type("/topic dust"));
  (void)world.ann.received();
  cr_expect(world.ann.type("/rooms"));
  cr_expect(world.ann.received() == "* attic: 1 member, dust\n* lobby: 2 members\n");
  cr_expect(world.ann.type("/who"));
  cr_expect(world.ann.type("/who ATTIC"));
  cr_expect(world.ann.type("/who cellar"));
  cr_expect(world.ann.received() ==
            "* 2 members in lobby: ann, bob\n* 1 member in attic: cleo\n"
            "* there is no room cellar\n");
}

Test(chat_lines, sends_a_newcomer_some_names_of_a_large_room) {
  ChatHouse house(plain());
  std::vector<std::unique_ptr<Recorder>> all;
  for (int i = 0; i < 60; ++i) all.push_back(std::make_unique<Recorder>(house));
  Recorder late(house);
  cr_expect(late.received().ends_with(", guest50 and 10 more; /who lists all\n"));
  cr_expect(late.type("/who"));
  cr_expect(count(late.received(), "guest") == 61);
}

Test(chat_lines, shows_and_sets_the_topic) {
  World world;
  cr_expect(world.ann.type("/topic"));
  cr_expect(world.ann.received() == "* no topic is set; /topic TEXT sets one\n");
  cr_expect(world.ann.type("/topic the weather"));
  cr_expect(world.bob.received() == "* ann set the topic: the weather\n");
  cr_expect(world.bob.type("/topic"));
  cr_expect(world.bob.received() == "* topic: the weather\n");
  cr_expect(world.bob.type("/topic " + std::string(ChatHouse::kMaxTopic + 1, 'x')));
  cr_expect(world.bob.received() == "* a topic of 401 bytes is too long: at most 400\n");
}

Test(chat_lines, lists_its_commands) {
  World world;
  cr_expect(world.ann.type("/HELP"));
  const std::string help = world.ann.received();
  for (const char* one :
       {"/nick NAME", "/me TEXT", "/msg NICK TEXT", "/join ROOM [KEY]", "/part", "/rooms",
        "/who [ROOM]", "/topic [TEXT]", "/invite NICK", "/kick NICK [REASON]", "/ban NICK",
        "/unban MASK", "/mute NICK", "/unmute MASK", "/mode [CHANGE]", "/oper NAME PASSWORD",
        "/help", "/quit [REASON]"}) {
    cr_expect(count(help, std::string("* ") + one + " ") == 1, "%s", one);
  }
}

Test(chat_lines, mentions_help_after_an_unknown_command) {
  World world;
  for (const std::string line : {"/nope", "/", "/ nick x", "/nickname x"}) {
    cr_expect(world.ann.type(line));
    const std::string received = world.ann.received();
    cr_expect(received.starts_with("* there is no command /"), "%s", line.c_str());
    cr_expect(received.find("/help") != std::string::npos);
  }
  cr_expect(world.ann.type("/" + std::string(4'000, 'x')));
  cr_expect(world.ann.received().size() < 200);
  cr_expect(world.bob.received().empty());
}

Test(chat_lines, lets_a_member_quit) {
  World world;
  cr_expect(world.ann.type("ciao"));
  cr_expect(world.ann.type("/quit  gone fishing"));
  cr_expect(world.ann.member == nullptr);
  cr_expect(world.bob.type("/quit"));
  cr_expect(world.cleo.received() == "<ann> ciao\n* ann left (gone fishing)\n* bob left\n");
  cr_expect(world.bob.received().ends_with("(gone fishing)\n"));
}

// --- Slow members ---

Test(chat_lines, rejects_a_line_while_a_member_of_the_room_is_behind) {
  World world;
  world.house.set_behind(*world.cleo.member, true);
  cr_expect(world.house.is_congested(*world.ann.member));
  cr_expect(!world.ann.type("hello"));
  cr_expect(!world.ann.type("/me waves"));
  cr_expect(!world.ann.type("/nick x"));
  cr_expect(world.bob.received().empty());
  cr_expect(
      ChatLines(world.house).submit(*world.ann.member, "anyway", ChatHouse::Congestion::ignore));
  world.house.set_behind(*world.cleo.member, false);
  cr_expect(world.ann.type("hello"));
  cr_expect(world.bob.received() == "<ann> anyway\n<ann> hello\n");
}

Test(chat_lines, accepts_lines_in_other_rooms_while_a_member_is_behind) {
  World world;
  cr_expect(world.cleo.type("/join attic"));
  world.house.set_behind(*world.cleo.member, true);
  cr_expect(world.ann.type("hello"));
  cr_expect(!world.ann.type("/msg cleo hello"));
  cr_expect(!world.ann.type("/join attic"));
  cr_expect(world.ann.room() == "lobby");
}

Test(chat_lines, moves_a_member_that_is_behind_to_another_room) {
  World world;
  world.house.set_behind(*world.cleo.member, true);
  cr_expect(ChatLines(world.house)
                .submit(*world.cleo.member, "/join attic", ChatHouse::Congestion::ignore));
  cr_expect(!world.house.is_congested(*world.ann.member));
  cr_expect(world.house.is_congested(*world.cleo.member));
  cr_expect(
      ChatLines(world.house).submit(*world.cleo.member, "/part", ChatHouse::Congestion::ignore));
  cr_expect(world.house.is_congested(*world.ann.member));
  world.cleo.leave();
  cr_expect(!world.house.is_congested(*world.ann.member));
}

// --- Wake-ups and memory ---

Test(chat_lines, wakes_its_owner_when_there_is_something_to_deliver) {
  int woken = 0;
  ChatHouse house(plain(), [&woken] { ++woken; });
  Recorder one(house);
  Recorder two(house);
  house.flush();
  woken = 0;
  house.flush();
  cr_expect(woken == 0);
  cr_expect(one.type("hello"));
  cr_expect(woken > 0);
  cr_expect(two.so_far().find("hello") == std::string::npos);
}

Test(chat_lines, adds_a_member_completely_or_not_at_all_when_memory_fails) {
  for (std::size_t successes = 0; successes < 40; ++successes) {
    World world;
    std::unique_ptr<Recorder> late;
    try {
      const heap::Shortage shortage(successes);
      late = std::make_unique<Recorder>(world.house, "late-with-a-name-that-is-long");
    } catch (const std::bad_alloc&) {
    }
    cr_assert(world.house.members() == (late == nullptr ? 3U : 4U), "after %zu", successes);
    cr_assert(world.bob.type("still here"));
    cr_assert(world.cleo.received().ends_with("<bob> still here\n"), "after %zu", successes);
  }
}

Test(chat_lines, is_consistent_after_any_failure_of_memory) {
  for (std::size_t successes = 0; successes < 60; ++successes) {
    World world;
    for (const char* line :
         {"a line that is longer than what a string holds in itself",
          "/nick annabelle-the-first-of-her-name", "/join an-attic-with-a-long-name-too",
          "/topic all that fits in here and more", "/quit and a long reason for it"}) {
      try {
        const heap::Shortage shortage(successes);
        if (world.ann.member != nullptr) cr_expect(world.ann.type(line));
        world.house.flush();
      } catch (const std::bad_alloc&) {
      }
    }
    cr_assert(world.bob.type("still here"));
    const std::string received = world.cleo.received();
    cr_assert(received.ends_with("<bob> still here\n"), "after %zu: %s", successes,
              received.c_str());
    cr_assert(world.house.members() == (world.ann.member == nullptr ? 2U : 3U));
  }
}

Test(chat_lines, other_rules_apply_at_once_and_nobody_leaves) {
  World world;
  ChatRules rules = plain();
  rules.lobby = "hall";
  rules.greeting = "Good evening.";
  rules.max_members = 2;
  rules.max_in_room = 1;
  world.house.set_rules(rules);
  cr_expect(world.house.members() == 3);
  cr_expect(world.ann.room() == "lobby", "the lobby keeps its name");
  Recorder late(world.house);
  cr_expect(late.member == nullptr, "the house is full");
  world.bob.leave();
  world.cleo.leave();
  Recorder dora(world.house);
  cr_expect(dora.received().find("Good evening.") != std::string::npos);
  cr_expect(world.ann.type("/join attic"));
  cr_expect(dora.type("/join attic"));
  cr_expect(dora.room() == "lobby", "one member fills a room");
}
