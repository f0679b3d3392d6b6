// The events of a chat as lines of IRC.
#include <string>

#include <criterion/criterion.h>

#include "protocols/irc/irc_format.h"
#include "protocols/irc/irc_line.h"

using namespace sluice;
using Kind = ChatEvent::Kind;

namespace {

ChatEvent event_of(Kind kind, std::string_view text = {}, std::string_view target = {},
                   std::string_view room = "lobby") {
  ChatEvent event;
  event.kind = kind;
  event.time = ChatTime(std::chrono::milliseconds(1'700'000'000'123));
  event.room = room;
  event.author = "ann";
  event.origin = "~a@h";
  event.target = target;
  event.text = text;
  return event;
}

std::string shown(const ChatEvent& event, const IrcCapabilities& capabilities = {}) {
  std::string text;
  capabilities.format().append(text, event);
  return text;
}

}  // namespace

Test(irc_format, writes_each_event) {
  const std::string ann = ":ann!~a@h ";
  cr_expect(shown(event_of(Kind::said, "hi")) == ann + "PRIVMSG #lobby :hi\r\n");
  cr_expect(shown(event_of(Kind::said, "hi", "bob", "")) == ann + "PRIVMSG bob :hi\r\n");
  cr_expect(shown(event_of(Kind::noticed, "hi")) == ann + "NOTICE #lobby :hi\r\n");
  cr_expect(shown(event_of(Kind::acted, "waves")) == ann +
                                                         "PRIVMSG #lobby :\x01"
                                                         "ACTION waves\x01\r\n");
  cr_expect(shown(event_of(Kind::joined)) == ann + "JOIN #lobby\r\n");
  cr_expect(shown(event_of(Kind::left)) == ann + "PART #lobby\r\n");
  cr_expect(shown(event_of(Kind::left, "so long")) == ann + "PART #lobby :so long\r\n");
  cr_expect(shown(event_of(Kind::left, "", "attic")) == ann + "PART #lobby :went to #attic\r\n");
  cr_expect(shown(event_of(Kind::quit, "bed")) == ann + "QUIT bed\r\n");
  cr_expect(shown(event_of(Kind::renamed, "", "anna")) == ann + "NICK anna\r\n");
  cr_expect(shown(event_of(Kind::topic, "")) == ann + "TOPIC #lobby :\r\n");
  cr_expect(shown(event_of(Kind::kicked, "", "bob")) == ann + "KICK #lobby bob ann\r\n");
  cr_expect(shown(event_of(Kind::invited, "", "bob")) == ann + "INVITE bob #lobby\r\n");
  cr_expect(shown(event_of(Kind::mode, "+o bob")) == ann + "MODE #lobby +o bob\r\n");
  cr_expect(shown(event_of(Kind::house, "the chat is closing", "bob")) ==
            ":irc.sluice NOTICE bob :the chat is closing\r\n");
}

Test(irc_format, writes_only_what_the_client_has_asked_for) {
  ChatEvent away = event_of(Kind::away, "lunch");
  cr_expect(shown(away).empty());
  cr_expect(shown(away, {.away_notify = true}) == ":ann!~a@h AWAY lunch\r\n");
  ChatEvent tagged = event_of(Kind::tagged);
  tagged.tags = "+typing=active";
  cr_expect(shown(tagged).empty());
  cr_expect(shown(tagged, {.message_tags = true}) == "@+typing=active :ann!~a@h TAGMSG #lobby\r\n");
  tagged.kind = Kind::said;
  tagged.text = "x";
  cr_expect(shown(tagged) == ":ann!~a@h PRIVMSG #lobby :x\r\n");
  cr_expect(shown(tagged, {.server_time = true, .message_tags = true}) ==
            "@time=2023-11-14T22:13:20.123Z;+typing=active :ann!~a@h PRIVMSG #lobby :x\r\n");
}

Test(irc_format, numbers_a_message_by_the_bus_or_else_by_its_house) {
  ChatEvent event = event_of(Kind::said);
  event.text = "x";
  event.id = 5;
  const std::string of_house = shown(event, {.message_tags = true});
  cr_expect(of_house.find("-10 :ann") != of_house.npos, "%s", of_house.c_str());
  event.number = 5;
  const std::string of_bus = shown(event, {.message_tags = true});
  cr_expect(of_bus.find("-11 :ann") != of_bus.npos, "%s", of_bus.c_str());
}

Test(irc_format, splits_a_text_that_is_longer_than_a_line) {
  std::string text;
  for (int i = 0; i < 600; ++i) text += "\xC3\xBC";
  std::string_view all;
  const std::string lines = shown(event_of(Kind::said, text));
  std::string joined;
  std::size_t count = 0;
  for (all = lines; !all.empty();) {
    const std::size_t end = all.find("\r\n");
    cr_assert(end != all.npos && end <= kMaxIrcBody);
    const std::string_view line = all.substr(0, end);
    all.remove_prefix(end + 2);
    joined += line.substr(line.find(" :") + 2);
    ++count;
  }
  cr_expect(joined == text);
  cr_expect(count == 3, "%zu", count);
}

Test(irc_format, lets_no_text_begin_another_line) {
  const std::string line = shown(event_of(Kind::said, "x\r\n:server 001 y"));
  cr_expect(line.find("\r\n") == line.size() - 2);
}

Test(irc_format, has_room_for_the_text_whatever_the_origin_is) {
  for (const std::size_t size : {100U, 128U, 129U, 480U, 486U, 487U, 488U, 600U, 5'000U}) {
    const std::string origin = "u@" + std::string(size, 'h');
    const std::string text = std::string(300, 'x') + "\xC3\xBC\xE2\x82\xAC";
    ChatEvent event = event_of(Kind::said, text);
    event.origin = origin;
    const std::string lines = shown(event);
    cr_expect(lines.size() < 1'000 && lines.find('x') != lines.npos, "%zu", size);
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find("\r\n", at);
      cr_assert(end != lines.npos && end - at <= kMaxIrcBody, "%zu", size);
      at = end + 2;
    }
  }
}
