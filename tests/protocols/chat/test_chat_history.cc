// The last lines of a room, within two limits.
#include <string>

#include <criterion/criterion.h>

#include "protocols/chat/chat_history.h"

using sluice::ChatHistory;

namespace {

std::string text_of(const ChatHistory& history) {
  std::string text;
  history.append_to(text);
  return text;
}

void say(ChatHistory& history, std::string& block, const std::string& line) {
  history.note(block.size(), line.size());
  block += line;
}

}  // namespace

Test(chat_history, keeps_the_last_lines_of_one_block) {
  ChatHistory history(3);
  std::string block = "unnoted\n";
  for (int i = 0; i < 10; ++i) say(history, block, std::to_string(i) + "\n");
  cr_expect(text_of(history).empty());
  history.commit(block);
  cr_expect(text_of(history) == "7\n8\n9\n");
}

Test(chat_history, keeps_the_last_lines_of_many_blocks) {
  ChatHistory history(3);
  for (int i = 0; i < 10; ++i) {
    std::string block;
    say(history, block, std::to_string(i) + "\n");
    if (i % 2 == 0) say(history, block, std::to_string(i) + "b\n");
    history.commit(block);
  }
  cr_expect(text_of(history) == "8\n8b\n9\n");
}

Test(chat_history, continues_with_a_block_that_was_committed_in_part) {
  ChatHistory history(5);
  std::string block;
  say(history, block, "1\n");
  history.commit(block);
  say(history, block, "2\n");
  history.commit(block);
  history.commit(block);
  cr_expect(text_of(history) == "1\n2\n");
}

Test(chat_history, keeps_no_lines_with_a_limit_of_zero) {
  ChatHistory history(0);
  std::string block;
  say(history, block, "1\n");
  history.commit(block);
  cr_expect(history.lines() == 0);
}

Test(chat_history, limits_its_bytes) {
  ChatHistory history(1'000'000);
  const std::string line(1'000, 'x');
  for (int i = 0; i < 1'000; ++i) {
    std::string block;
    say(history, block, std::to_string(i) + line);
    history.commit(block);
  }
  const std::string text = text_of(history);
  cr_expect(text.size() <= ChatHistory::kMaxBytes);
  cr_expect(text.size() > ChatHistory::kMaxBytes - 2 * line.size());
  cr_expect(text.ends_with("999" + line));
}

Test(chat_history, drops_a_line_above_its_maximum_of_bytes) {
  ChatHistory history(10);
  std::string block;
  say(history, block, std::string(ChatHistory::kMaxBytes + 1, 'x'));
  say(history, block, "after\n");
  history.commit(block);
  cr_expect(text_of(history) == "after\n");
}
