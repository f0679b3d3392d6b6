// A line that is being typed on the terminal: editing keys, a history, and other text above it.
//
// What it is: libedit behind the loop. Keys are read when the terminal has some, so nothing waits
// for a person; only a command that asks for one more key (quoting, searching) holds the loop until
// that comes, for a second at most. ^D on an empty line ends it; signals stay signals.
// The program's character set becomes UTF-8 where the environment names none (setlocale()).
// Lifetime: one in a process, and no other user of libedit. Must go before its loop. Going, or
// stop(), restores the terminal. Its functions may call stop(), and not destroy it.
// REQUIRES: the standard input and output are a terminal.
// Thread: the loop's. Errors: std::system_error from the constructor, `failed` later.
// Source: editline(3), editrc(5).
#ifndef SLUICE_TOOLS_COMMON_TERMINAL_LINE_H
#define SLUICE_TOOLS_COMMON_TERMINAL_LINE_H

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/signals.h"
#include "../../reactor/loop/watch.h"

namespace sluice::tools {

class TerminalLine {
 public:
  TerminalLine(Loop& loop, std::string prompt, std::function<void(std::string line)> on_line,
               std::function<void()> on_end, std::function<void(const std::string& why)> failed);
  TerminalLine(const TerminalLine&) = delete;
  TerminalLine& operator=(const TerminalLine&) = delete;
  ~TerminalLine();

  // Ends `text` in a newline where it has none: the line that is typed begins a row.
  void print(std::string_view text);
  void pause() noexcept;
  void resume();
  void stop() noexcept;

 private:
  class Editor;  // libedit's side

  void read();
  void handle_keys();

  std::function<void(std::string line)> on_line_;
  std::function<void()> on_end_;
  std::function<void(const std::string& why)> failed_;
  std::unique_ptr<Editor> editor_;
  bool paused_ = false;
  Signal resized_;
  Signal continued_;  // after ^Z the shell has left the terminal in its own way
  Watch keys_;
};

}  // namespace sluice::tools

#endif
