// ChatJson: events as JSON in frames, and the welcome.
#include <chrono>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "protocols/webchat/chat_json.h"
#include "support/websocket_frames.h"

using namespace sluice;
using namespace sluice::test;

namespace {

const ChatTime kSince(std::chrono::milliseconds(0x18f2c3a1b20));

std::string json_of(const ChatEvent& event) {
  std::string text;
  ChatJson(kSince).append(text, event);
  return text;
}

ChatEvent event_of(ChatEvent::Kind kind, std::string_view text = {}) {
  ChatEvent event;
  event.kind = kind;
  event.author = "ann";
  event.text = text;
  return event;
}

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

}  // namespace

Test(chat_json, writes_what_an_event_has) {
  ChatEvent event = event_of(ChatEvent::Kind::said, "hello");
  event.id = 7;
  event.time = ChatTime(std::chrono::milliseconds(1234));
  event.room = "lobby";
  cr_expect(json_of(event) == server_frame(kText,
                                           R"({"type":"said","id":"18f2c3a1b20-7","time":1234,)"
                                           R"("room":"lobby","author":"ann","text":"hello"})"));
  ChatEvent renamed = event_of(ChatEvent::Kind::renamed);
  renamed.target = "bob";
  cr_expect(json_of(renamed) ==
            server_frame(kText, R"({"type":"renamed","time":0,"author":"ann","target":"bob"})"));
}

Test(chat_json, has_a_type_for_each_kind_that_people_read) {
  using Kind = ChatEvent::Kind;
  for (int i = 0; i <= static_cast<int>(Kind::house); ++i) {
    const auto kind = static_cast<Kind>(i);
    cr_expect(json_of(event_of(kind)).empty() == (kind == Kind::tagged), "%d", i);
  }
  for (const Kind kind : {Kind::said, Kind::acted, Kind::noticed}) {
    cr_expect(json_of(event_of(kind, "\x01VERSION\x01")).empty());
  }
}

Test(chat_json, lets_a_member_leave_whatever_its_reason_is) {
  using Kind = ChatEvent::Kind;
  for (const Kind kind : {Kind::left, Kind::quit, Kind::kicked, Kind::topic, Kind::away}) {
    const std::string json = json_of(event_of(kind, "\x01gone"));
    cr_expect(json.find("\"text\":\"\uFFFDgone\"") != json.npos, "%d", static_cast<int>(kind));
  }
}

Test(chat_json, writes_strings_that_every_reader_of_json_accepts) {
  cr_expect(quoted(R"(a"b\c)") == R"("a\"b\\c")");
  cr_expect(quoted("\u00e4\u20ac") == "\"\u00e4\u20ac\"");
  cr_expect(quoted("<b>") == "\"<b>\"");
  for (const std::string_view text : {"\n", "\t", "\x1b", "\xff", "\xed\xa0\x80", "\u202e"}) {
    const std::string got = quoted(text);
    cr_expect(got.find(text) == std::string::npos);
    cr_expect(got.size() > 2);
  }
}

Test(chat_json, welcomes_to_a_room_that_nobody_was_in) {
  cr_expect(ChatJson(kSince).welcome(nullptr, "attic", "ann", "", "", 20) ==
            server_frame(kText, R"({"type":"welcome","nick":"ann","room":"attic",)"
                                R"("members":["ann"],"resumed":false})"));
}
