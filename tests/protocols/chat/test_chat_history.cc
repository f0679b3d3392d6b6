// The last lines of a room, within two limits.
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <criterion/criterion.h>

#include "protocols/chat/chat_history.h"

using sluice::ChatEvent;
using sluice::ChatHistory;

namespace {

std::string text_of(const ChatHistory& history, std::uint64_t after = 0) {
  std::string text;
  history.each("attic", after,
               [&text](const ChatEvent& event) { text += std::string(event.text) + "\n"; });
  return text;
}

void say(ChatHistory& history, std::uint64_t id, const std::string& text) {
  ChatEvent event;
  event.id = id;
  event.author = "ann";
  event.origin = "a@b";
  event.text = text;
  history.keep(event);
}

}  // namespace

Test(chat_history, keeps_the_last_lines) {
  ChatHistory history(3);
  for (std::uint64_t i = 0; i < 10; ++i) say(history, i + 1, std::to_string(i));
  cr_expect(text_of(history) == "7\n8\n9\n");
  cr_expect(history.lines() == 3);
}

Test(chat_history, begins_after_an_event) {
  ChatHistory history(5);
  for (std::uint64_t i = 1; i <= 5; ++i) say(history, i * 10, std::to_string(i));
  cr_expect(text_of(history, 30) == "4\n5\n");
  cr_expect(text_of(history, 31) == "4\n5\n");
  cr_expect(text_of(history, 50).empty());
}

Test(chat_history, returns_each_event_as_it_was) {
  ChatHistory history(5);
  ChatEvent said;
  said.kind = ChatEvent::Kind::acted;
  said.id = 7;
  said.time = sluice::ChatTime(std::chrono::milliseconds(1234));
  said.author = "ann";
  said.origin = "user@host";
  said.text = "waves";
  history.keep(said);
  std::size_t visited = 0;
  history.each("attic", 0, [&visited](const ChatEvent& event) {
    ++visited;
    cr_expect(event.kind == ChatEvent::Kind::acted && event.id == 7);
    cr_expect(event.time == sluice::ChatTime(std::chrono::milliseconds(1234)));
    cr_expect(event.room == "attic" && event.author == "ann");
    cr_expect(event.origin == "user@host" && event.text == "waves");
  });
  cr_expect(visited == 1);
}

Test(chat_history, keeps_nothing_if_it_has_no_lines) {
  ChatHistory history(0);
  say(history, 1, "line");
  cr_expect(history.lines() == 0 && text_of(history).empty());
}

Test(chat_history, knows_when_the_last_message_was_said) {
  ChatHistory history(3);
  cr_expect(!history.last_message());
  ChatEvent event;
  const auto keep = [&](ChatEvent::Kind kind, int milliseconds) {
    event.kind = kind;
    event.time = sluice::ChatTime(std::chrono::milliseconds(milliseconds));
    ++event.id;
    history.keep(event);
  };
  keep(ChatEvent::Kind::topic, 1);
  cr_expect(!history.last_message());
  keep(ChatEvent::Kind::noticed, 2);
  keep(ChatEvent::Kind::joined, 3);
  cr_expect(history.last_message() == sluice::ChatTime(std::chrono::milliseconds(2)));
  for (const int at : {4, 5, 6}) keep(ChatEvent::Kind::left, at);
  cr_expect(!history.last_message());
}

Test(chat_history, keeps_at_most_64_kib) {
  ChatHistory history(1000);
  const std::string line(1000, 'x');
  for (std::uint64_t i = 1; i <= 200; ++i) say(history, i, line);
  const std::size_t most = ChatHistory::kMaxBytes / (line.size() + 6);
  cr_expect(history.lines() == most, "%zu", history.lines());
  say(history, 201, std::string(60'000, 'y'));
  cr_expect(history.lines() == 1 + (ChatHistory::kMaxBytes - 60'006) / 1006);
}

Test(chat_history, drops_all_for_a_line_that_is_too_long_to_keep) {
  ChatHistory history(10);
  say(history, 1, "short");
  say(history, 2, std::string(ChatHistory::kMaxBytes + 1, 'x'));
  cr_expect(history.lines() == 0);
  say(history, 3, "again");
  cr_expect(text_of(history) == "again\n");
}
