// The model of a chat: members in several rooms, formats, and what operators do. test_chat_lines.cc
// tests the same rules as a member with plain lines sees them.
#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/chat/chat_record.h"
#include "support/heap.h"
#include <sluice/chat_house.h>
#include <sluice/chat_lines.h>

using sluice::ChatEvent;
using sluice::ChatFormat;
using sluice::ChatHouse;
using sluice::ChatLines;
using sluice::ChatMember;
using sluice::ChatModeChange;
using sluice::ChatOutlet;
using sluice::ChatRecord;
using sluice::ChatRecorder;
using sluice::ChatResult;
using sluice::ChatRoom;
using sluice::ChatRules;
using sluice::ChatTime;
using sluice::Payload;
using Kind = ChatEvent::Kind;

namespace {

// Shows every member of an event.
class Shown final : public ChatFormat {
 public:
  void append(std::string& to, const ChatEvent& event) const override {
    static constexpr const char* kNames[] = {"said",    "acted", "noticed", "tagged", "joined",
                                             "left",    "quit",  "renamed", "topic",  "kicked",
                                             "invited", "away",  "mode",    "house"};
    ++rendered;
    to += kNames[static_cast<std::size_t>(event.kind)];
    for (const std::string_view part : {event.room, event.author, event.target, event.text}) {
      to += '|';
      to += part;
    }
    to += '\n';
  }
  mutable std::size_t rendered = 0;
};

const Shown kShown;

class Recorder final : public ChatOutlet {
 public:
  Recorder(ChatHouse& house, std::string_view nick, bool one_room = false,
           bool reads_itself = false, const ChatFormat& format = kShown,
           std::string_view origin = "u@h")
      : house_(house) {
    member = house.enter({.outlet = *this,
                          .format = format,
                          .nick = nick,
                          .origin = origin,
                          .one_room = one_room,
                          .reads_itself = reads_itself});
  }
  void deliver(const Payload& block) override {
    last = block;
    const auto bytes = block.bytes();
    received_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void on_dismissed() override { member = nullptr; }
  std::string received() {
    house_.flush();
    return std::exchange(received_, {});
  }
  ChatMember* member = nullptr;
  Payload last;

 private:
  ChatHouse& house_;
  std::string received_;
};

// ann opens the attic and the cellar, and bob is in both.
struct World {
  World() {
    for (const char* room : {"attic", "cellar"}) {
      cr_assert(house.join(*ann.member, room) == ChatResult::ok);
      cr_assert(house.join(*bob.member, room) == ChatResult::ok);
    }
    (void)ann.received();
    (void)bob.received();
  }
  ChatRoom& attic() { return *house.find_room("attic"); }
  ChatRoom& cellar() { return *house.find_room("cellar"); }
  ChatResult set(ChatMember& by, bool adds, char letter, const std::string& parameter = {}) {
    const ChatModeChange change{.adds = adds, .letter = letter, .parameter = parameter};
    return house.change_mode(by, attic(), change);
  }

  ChatHouse house{{}, {}, [] { return ChatTime(std::chrono::milliseconds(1'000)); }};
  Recorder ann{house, "ann"};
  Recorder bob{house, "bob"};
};

}  // namespace

Test(chat_house, lets_a_member_be_in_several_rooms) {
  World world;
  cr_expect(world.bob.member->rooms().size() == 2);
  cr_expect(world.house.say(*world.ann.member, world.attic(), Kind::said, "up") == ChatResult::ok);
  cr_expect(world.house.say(*world.ann.member, world.cellar(), Kind::noticed, "down") ==
            ChatResult::ok);
  const std::string received = world.bob.received();
  cr_expect(received.find("said|attic|ann||up\n") != received.npos, "%s", received.c_str());
  cr_expect(received.find("noticed|cellar|ann||down\n") != received.npos);
  cr_expect(world.ann.received().empty());
  cr_expect(world.house.part(*world.bob.member, world.attic(), "bored") == ChatResult::ok);
  cr_expect(world.ann.received() == "left|attic|bob||bored\n");
  cr_expect(world.bob.received().empty());
  cr_expect(world.house.part(*world.bob.member, world.attic(), "") == ChatResult::not_in_room);
}

Test(chat_house, delivers_what_concerns_several_rooms_once) {
  World world;
  cr_expect(world.house.set_nick(*world.ann.member, "anna") == ChatResult::ok);
  cr_expect(world.bob.received() == "renamed||ann|anna|\n");
  cr_expect(world.ann.received() == "renamed||ann|anna|\n");
  world.house.set_away(*world.ann.member, "lunch");
  cr_expect(world.bob.received() == "away||anna||lunch\n");
  cr_expect(world.ann.received().empty());
  world.house.set_away(*world.ann.member, "lunch");
  cr_expect(world.bob.received().empty(), "nothing has changed");
  world.house.leave(*std::exchange(world.ann.member, nullptr), "bed");
  cr_expect(world.bob.received() == "quit||anna||bed\n");
  cr_expect(world.house.members() == 1 && world.house.rooms() == 3);
}

Test(chat_house, keeps_the_order_of_lines_and_of_what_concerns_several_rooms) {
  World world;
  (void)world.house.say(*world.ann.member, world.attic(), Kind::said, "one");
  (void)world.house.set_nick(*world.ann.member, "anna");
  (void)world.house.say(*world.ann.member, world.attic(), Kind::said, "two");
  cr_expect(world.bob.received() ==
            "said|attic|ann||one\nrenamed||ann|anna|\nsaid|attic|anna||two\n");
}

Test(chat_house, renders_an_event_once_for_each_format_and_shares_the_block) {
  World world;
  std::vector<std::unique_ptr<Recorder>> others;
  for (int i = 0; i < 20; ++i) {
    others.push_back(std::make_unique<Recorder>(world.house, ""));
    cr_assert(world.house.join(*others.back()->member, "attic") == ChatResult::ok);
  }
  Recorder plain(world.house, "plain", true, false, ChatLines::format());
  cr_assert(world.house.join(*plain.member, "attic") == ChatResult::ok);
  (void)plain.received();
  kShown.rendered = 0;
  (void)world.house.say(*world.ann.member, world.attic(), Kind::said, "hello");
  cr_expect(plain.received() == "<ann> hello\n");
  cr_expect(kShown.rendered == 1);
  cr_expect(others.front()->last.bytes().data() == others.back()->last.bytes().data());
}

Test(chat_house, delivers_its_own_lines_to_a_member_that_reads_itself) {
  World world;
  Recorder eve(world.house, "eve", false, true);
  (void)world.house.join(*eve.member, "attic");
  (void)eve.received();
  (void)world.house.say(*eve.member, world.attic(), Kind::said, "me");
  cr_expect(eve.received() == "said|attic|eve||me\n");
  cr_expect(world.bob.received().ends_with("said|attic|eve||me\n"));
  (void)world.house.tell(*eve.member, *world.bob.member, Kind::said, "psst");
  cr_expect(eve.received() == "said||eve|bob|psst\n");
  world.house.set_format(*eve.member, ChatLines::format(), false);
  (void)world.house.say(*eve.member, world.attic(), Kind::said, "again");
  (void)world.house.say(*world.ann.member, world.attic(), Kind::acted, "nods");
  cr_expect(eve.received() == "~ ann nods\n");
}

Test(chat_house, waits_for_a_member_that_is_behind_in_any_room_of_the_author) {
  World world;
  world.house.set_behind(*world.bob.member, true);
  cr_expect(world.house.is_congested(*world.ann.member));
  cr_expect(world.house.say(*world.ann.member, world.cellar(), Kind::said, "x") ==
            ChatResult::behind);
  cr_expect(world.house.tell(*world.ann.member, *world.bob.member, Kind::said, "x") ==
            ChatResult::behind);
  Recorder eve(world.house, "eve");
  cr_expect(world.house.join(*eve.member, "attic") == ChatResult::behind);
  cr_expect(eve.member->rooms().empty());
  cr_expect(world.house.say(*world.ann.member, world.cellar(), Kind::said, "x",
                            ChatHouse::Congestion::ignore) == ChatResult::ok);
  (void)world.house.part(*world.bob.member, world.cellar(), "");
  cr_expect(!world.cellar().is_congested() && world.attic().is_congested());
  world.house.set_behind(*world.bob.member, false);
  cr_expect(!world.attic().is_congested());
}

// --- Operators ---

Test(chat_house, makes_who_opens_a_room_its_operator) {
  World world;
  cr_expect(world.attic().has_operator(*world.ann.member));
  cr_expect(!world.attic().has_operator(*world.bob.member));
  Recorder plain(world.house, "plain", true);
  cr_expect(!world.house.lobby().has_operator(*plain.member));
  cr_expect(world.set(*world.bob.member, true, 'm') == ChatResult::not_operator);
  cr_expect(world.set(*world.ann.member, true, 'o', "BOB") == ChatResult::ok);
  cr_expect(world.bob.received().ends_with("mode|attic|ann||+o bob\n"));
  cr_expect(world.set(*world.bob.member, false, 'o', "ann") == ChatResult::ok);
  cr_expect(world.set(*world.ann.member, true, 'm') == ChatResult::not_operator);
  cr_expect(world.set(*world.bob.member, true, 'o', "nobody") == ChatResult::target_absent);
}

Test(chat_house, lets_only_operators_and_voices_speak_in_a_moderated_room) {
  World world;
  cr_expect(world.set(*world.ann.member, true, 'm') == ChatResult::ok);
  cr_expect(world.set(*world.ann.member, true, 'm') == ChatResult::already_there);
  const auto speak = [&] {
    return world.house.say(*world.bob.member, world.attic(), Kind::said, "x");
  };
  cr_expect(speak() == ChatResult::not_allowed);
  cr_expect(world.set(*world.ann.member, true, 'v', "bob") == ChatResult::ok);
  cr_expect(speak() == ChatResult::ok);
  cr_expect(world.set(*world.ann.member, false, 'v', "bob") == ChatResult::ok);
  cr_expect(speak() == ChatResult::not_allowed);
}

Test(chat_house, lets_a_member_speak_in_a_room_of_others_only_if_its_modes_say_so) {
  World world;
  Recorder eve(world.house, "eve");
  const auto speak = [&] { return world.house.say(*eve.member, world.attic(), Kind::said, "x"); };
  cr_expect(speak() == ChatResult::not_allowed);
  cr_expect(world.set(*world.ann.member, false, 'n') == ChatResult::ok);
  cr_expect(speak() == ChatResult::ok);
  cr_expect(world.bob.received().ends_with("said|attic|eve||x\n"));
}

Test(chat_house, admits_by_key_limit_invitation_and_ban) {
  World world;
  Recorder eve(world.house, "eve");
  const auto join = [&](std::string_view key = {}) {
    const ChatResult result = world.house.join(*eve.member, "attic", key);
    if (result == ChatResult::ok) (void)world.house.part(*eve.member, world.attic(), "");
    return result;
  };
  ChatMember& ann = *world.ann.member;
  cr_expect(world.set(ann, true, 'k', "sesame") == ChatResult::ok);
  cr_expect(join() == ChatResult::wrong_key && join("sesame") == ChatResult::ok);
  cr_expect(world.set(ann, false, 'k', "anything") == ChatResult::ok);
  cr_expect(world.set(ann, true, 'l', "2") == ChatResult::ok);
  cr_expect(join() == ChatResult::room_full);
  cr_expect(world.set(ann, true, 'l', "many") == ChatResult::invalid_name);
  cr_expect(world.set(ann, false, 'l') == ChatResult::ok);
  cr_expect(world.set(ann, true, 'i') == ChatResult::ok);
  cr_expect(join() == ChatResult::invite_only);
  cr_expect(world.house.invite(*world.bob.member, world.attic(), *eve.member) ==
            ChatResult::not_operator);
  cr_expect(world.house.invite(ann, world.attic(), *eve.member) == ChatResult::ok);
  cr_expect(eve.received() == "invited|attic|ann|eve|\n");
  cr_expect(join() == ChatResult::ok);
  cr_expect(join() == ChatResult::invite_only, "an invitation is for once");
  cr_expect(world.set(ann, false, 'i') == ChatResult::ok);
  cr_expect(world.set(ann, true, 'b', "EVE") == ChatResult::ok);
  cr_expect(world.attic().modes().bans.front().mask == "EVE!*@*");
  cr_expect(join() == ChatResult::banned);
  cr_expect(world.set(ann, false, 'b', "eve!*@*") == ChatResult::ok);
  cr_expect(join() == ChatResult::ok);
}

Test(chat_house, repeats_no_parameter_that_is_not_printable) {
  World world;
  ChatMember& ann = *world.ann.member;
  cr_expect(world.set(ann, true, 'l', "0005") == ChatResult::ok);
  cr_expect(world.bob.received() == "mode|attic|ann||+l 5\n");
  for (const char* parameter : {"a b", "\x7F", "\xC3\xBC", "\xFF", "\x1B[2J"}) {
    cr_expect(world.set(ann, true, 'k', parameter) == ChatResult::invalid_name, "%s", parameter);
    cr_expect(world.set(ann, true, 'b', parameter) == ChatResult::invalid_name, "%s", parameter);
  }
  cr_expect(world.set(ann, true, 'k', "a,b") == ChatResult::invalid_name);
  cr_expect(world.set(ann, true, 'k', "!~") == ChatResult::ok);
  cr_expect(world.set(ann, true, 'b', "~") == ChatResult::ok);
  cr_expect(world.bob.received() == "mode|attic|ann||+k !~\nmode|attic|ann||+b ~!*@*\n");
}

Test(chat_house, changes_the_format_in_all_rooms_or_in_none_when_memory_fails) {
  std::size_t failures = 0;
  for (std::size_t successes = 0; successes < 12; ++successes) {
    World world;
    (void)world.house.say(*world.ann.member, world.attic(), Kind::said, "before");
    try {
      const heap::Shortage shortage(successes);
      world.house.set_format(*world.bob.member, ChatLines::format(), false);
    } catch (const std::bad_alloc&) {
      ++failures;
    }
    (void)world.house.say(*world.ann.member, world.attic(), Kind::said, "one");
    (void)world.house.say(*world.ann.member, world.cellar(), Kind::said, "two");
    const std::string received = world.bob.received();
    const bool shown = received.find("said|attic|ann||one\n") != received.npos &&
                       received.find("said|cellar|ann||two\n") != received.npos;
    const bool plain = received.find("<ann> one\n") != received.npos &&
                       received.find("<ann> two\n") != received.npos;
    cr_expect(shown != plain, "after %zu: %s", successes, received.c_str());
  }
  cr_expect(failures >= 3, "%zu", failures);
}

Test(chat_house, lets_an_operator_of_the_house_operate_in_every_room) {
  World world;
  Recorder root{world.house, "root"};
  ChatMember& member = *root.member;
  cr_expect(!member.is_operator());
  world.house.set_operator(member, true);
  for (const char letter : {'i', 't', 'm'}) (void)world.set(*world.ann.member, true, letter);
  (void)world.set(*world.ann.member, true, 'k', "key");
  (void)world.set(*world.ann.member, true, 'b', "root!*@*");
  (void)world.set(*world.ann.member, true, 'l', "1");
  cr_expect(world.set(member, false, 'i') == ChatResult::not_in_room);
  cr_expect(world.house.join(member, "attic") == ChatResult::ok, "whatever its modes are");
  cr_expect(world.house.say(member, world.attic(), Kind::said, "hi") == ChatResult::ok);
  cr_expect(world.house.set_topic(member, world.attic(), "order") == ChatResult::ok);
  cr_expect(world.set(member, true, 'o', "bob") == ChatResult::ok);
  cr_expect(world.house.kick(member, world.attic(), *world.ann.member, "") == ChatResult::ok);
  cr_expect(!world.ann.member->is_in(world.attic()));
  world.house.set_operator(member, false);
  cr_expect(world.set(member, false, 'o', "bob") == ChatResult::not_operator);
}

Test(chat_house, dismisses_a_member_with_one_room_that_an_operator_removes_from_the_lobby) {
  World world;
  Recorder root{world.house, "root", true};
  Recorder eve{world.house, "eve", true};
  (void)root.received();
  cr_expect(world.house.kick(*root.member, world.house.lobby(), *eve.member, "") ==
            ChatResult::not_operator);
  world.house.set_operator(*root.member, true);
  cr_expect(world.house.kick(*root.member, world.house.lobby(), *eve.member, "noise") ==
            ChatResult::ok);
  cr_expect(eve.member == nullptr);
  cr_expect(eve.received() == "kicked|lobby|root|eve|noise\n", "it reads why");
  cr_expect(root.received().ends_with("kicked|lobby|root|eve|noise\nquit|lobby|eve||\n"));
  cr_expect(world.house.find_member("eve") == nullptr);
}

Test(chat_house, asks_for_one_password_in_a_second) {
  ChatTime time{std::chrono::milliseconds(10'000)};
  int asked = 0;
  ChatRules rules;
  ChatHouse house(rules, {}, [&time] { return time; });
  Recorder ann{house, "ann"};
  const auto log_in = [&](std::string_view name, std::string_view password) {
    house.flush();  // the house reads its clock once between two
    return house.log_in(*ann.member, name, password);
  };
  cr_expect(log_in("root", "sesame") == ChatResult::not_allowed);
  rules.check_password = [&asked](std::string_view name, std::string_view password) {
    ++asked;
    return name == "root" && password == "sesame";
  };
  house.set_rules(rules);
  cr_expect(log_in("root", "Sesame") == ChatResult::wrong_password);
  time += std::chrono::milliseconds(999);
  cr_expect(log_in("root", "sesame") == ChatResult::too_soon && asked == 1);
  cr_expect(!ann.member->is_operator());
  time += std::chrono::milliseconds(1);
  cr_expect(log_in("root", "sesame") == ChatResult::ok && asked == 2);
  cr_expect(ann.member->is_operator());
  time -= std::chrono::hours(1);
  cr_expect(log_in("rood", "sesame") == ChatResult::wrong_password, "the clock was set back");
}

Test(chat_house, checks_no_password_for_a_host_that_has_given_three_wrong_ones) {
  ChatTime time{std::chrono::milliseconds(10'000)};
  ChatRules rules;
  rules.check_password = [](std::string_view, std::string_view password) {
    return password == "sesame";
  };
  ChatHouse house(rules, {}, [&time] { return time; });
  Recorder eve{house, "eve"};
  Recorder eva{house, "eva"};  // from the same host
  Recorder root{house, "root", false, false, kShown, "u@elsewhere"};
  const auto log_in = [&](const Recorder& who, std::string_view password) {
    time += ChatHouse::kPasswordInterval;
    house.flush();
    return house.log_in(*who.member, "root", password);
  };
  const ChatTime first = time + ChatHouse::kPasswordInterval;
  for (std::size_t i = 0; i < ChatHouse::kMaxWrongPasswords; ++i) {
    cr_expect(log_in(eve, "Sesame") == ChatResult::wrong_password);
  }
  cr_expect(log_in(eve, "sesame") == ChatResult::too_often);
  time -= ChatHouse::kPasswordInterval;
  cr_expect(log_in(root, "sesame") == ChatResult::ok, "it has not taken the turn of another host");
  cr_expect(log_in(eva, "sesame") == ChatResult::too_often);
  time = first + ChatHouse::kWrongPasswordMemory - ChatHouse::kPasswordInterval;
  cr_expect(log_in(eva, "sesame") == ChatResult::ok);
}

Test(chat_house, silences_a_muted_member_and_lets_it_come_back) {
  World world;
  ChatMember& ann = *world.ann.member;
  ChatMember& bob = *world.bob.member;
  const auto speaks = [&] {
    return world.house.say(bob, world.attic(), Kind::said, "hi") == ChatResult::ok;
  };
  cr_expect(world.set(bob, true, 'q', "ann") == ChatResult::not_operator);
  cr_expect(world.set(ann, true, 'q', "BOB") == ChatResult::ok);
  cr_expect(world.bob.received() == "mode|attic|ann||+q BOB!*@*\n");
  cr_expect(!speaks());
  cr_expect(world.set(ann, true, 'q', "bob!*@*") == ChatResult::already_there);
  cr_expect(world.house.part(bob, world.attic(), "") == ChatResult::ok);
  cr_expect(world.house.join(bob, "attic") == ChatResult::ok);
  cr_expect(!speaks());
  cr_expect(world.set(ann, true, 'v', "bob") == ChatResult::ok && speaks());
  cr_expect(world.set(ann, false, 'v', "bob") == ChatResult::ok && !speaks());
  (void)world.set(ann, false, 'n');
  cr_expect(world.house.part(bob, world.attic(), "") == ChatResult::ok && !speaks());
  cr_expect(world.set(ann, false, 'q', "bob") == ChatResult::ok && speaks());
}

Test(chat_house, limits_the_bans_of_a_room) {
  World world;
  ChatRules rules;
  rules.max_bans = 2;
  world.house.set_rules(rules);
  cr_expect(world.set(*world.ann.member, true, 'b', "one") == ChatResult::ok);
  cr_expect(world.set(*world.ann.member, true, 'b', "two") == ChatResult::ok);
  cr_expect(world.set(*world.ann.member, true, 'b', "three") == ChatResult::list_full);
  const std::string long_mask(ChatHouse::kMaxMask + 1, 'x');
  cr_expect(world.set(*world.ann.member, true, 'b', long_mask) == ChatResult::too_long);
}

Test(chat_house, lets_an_operator_remove_a_member) {
  World world;
  cr_expect(world.house.kick(*world.bob.member, world.attic(), *world.ann.member, "") ==
            ChatResult::not_operator);
  cr_expect(world.house.kick(*world.ann.member, world.attic(), *world.bob.member, "noise") ==
            ChatResult::ok);
  cr_expect(world.bob.received().ends_with("kicked|attic|ann|bob|noise\n"));
  cr_expect(!world.bob.member->is_in(world.attic()) && world.bob.member->is_in(world.cellar()));
  cr_expect(world.house.kick(*world.ann.member, world.attic(), *world.bob.member, "") ==
            ChatResult::target_absent);
}

Test(chat_house, returns_a_member_with_one_room_to_the_lobby_when_it_is_removed) {
  World world;
  Recorder eve(world.house, "eve", true);
  (void)world.house.join(*eve.member, "attic");
  cr_expect(world.house.kick(*world.ann.member, world.attic(), *eve.member, "") == ChatResult::ok);
  cr_expect(eve.member->rooms().size() == 1);
  cr_expect(eve.member->rooms().front() == &world.house.lobby());
  cr_expect(eve.received().ends_with(
      "kicked|attic|ann|eve|\nhouse|||eve|you are in the room lobby again\n"));
}

Test(chat_house, lets_operators_lock_the_topic) {
  World world;
  cr_expect(world.house.set_topic(*world.bob.member, world.attic(), "dust") == ChatResult::ok);
  cr_expect(world.attic().topic().author == "bob!u@h");
  cr_expect(world.set(*world.ann.member, true, 't') == ChatResult::ok);
  cr_expect(world.house.set_topic(*world.bob.member, world.attic(), "") ==
            ChatResult::not_operator);
  cr_expect(world.house.set_topic(*world.ann.member, world.attic(), "") == ChatResult::ok);
  cr_expect(world.attic().topic().text.empty());
}

Test(chat_house, limits_the_rooms_of_a_member) {
  World world;
  ChatRules rules;
  rules.max_joined = 2;
  world.house.set_rules(rules);
  cr_expect(world.house.join(*world.ann.member, "roof") == ChatResult::too_many_joined);
  (void)world.house.part(*world.ann.member, world.attic(), "");
  cr_expect(world.house.join(*world.ann.member, "roof") == ChatResult::ok);
}

Test(chat_house, dismisses_a_member_after_what_was_collected_for_it) {
  World world;
  (void)world.house.say(*world.ann.member, world.attic(), Kind::said, "bye");
  world.house.dismiss(*world.bob.member, "gone");
  cr_expect(world.bob.member == nullptr);
  cr_expect(world.bob.received() == "said|attic|ann||bye\n");
  cr_expect(world.ann.received() == "quit||bob||gone\n");
}

Test(chat_house, a_room_is_recorded_although_there_is_no_memory_for_the_notices) {
  struct Records final : ChatRecorder, ChatRecord {
    ChatRecord* record_of(std::string_view /*room*/) noexcept override { return this; }
    void add_to_all(const ChatEvent& /*event*/) noexcept override {}
    void flush() noexcept override {}
    void add(const ChatEvent& /*event*/) noexcept override { ++added; }
    int added = 0;
  };
  World world;
  Records records;
  (void)world.ann.received();
  {
    const heap::Shortage shortage(1);
    world.house.set_recorder(&records);
  }
  cr_assert(world.attic().is_recorded());
  cr_expect(world.ann.received().find("is logged") == std::string::npos);
  world.house.set_recorder(nullptr);
}
