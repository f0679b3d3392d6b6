// Text from a peer, made harmless for the terminal that shows it.
//
// What it is: a filter over pieces of a text, however they were cut. Newlines and tabs stay; a
// carriage return before a newline is left out; anything else that a terminal could obey, or that
// does not show, becomes \xNN as escape_prose() has it.
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_COMMON_TERMINAL_TERMINAL_TEXT_H
#define SLUICE_TOOLS_COMMON_TERMINAL_TERMINAL_TEXT_H

#include <string>
#include <string_view>

namespace sluice::tools {

class TerminalText {
 public:
  // What can be shown of the text so far. A few bytes may wait for the next piece: the beginning of
  // a character, and a carriage return.
  [[nodiscard]] std::string add(std::string_view piece);
  // What waits, at the end of the text.
  [[nodiscard]] std::string finish();

 private:
  std::string waiting_;
};

// The same for a whole text.
[[nodiscard]] std::string harmless(std::string_view text);

}  // namespace sluice::tools

#endif
