// Edits a line on the terminal, with a history, and prints other text above it.
//
// What it is: libedit on the loop. Keys are read when the terminal has some, so nothing waits for
// the user; only a command that reads one more key (quoting, searching) blocks the loop until that
// arrives, for at most a second. ^D on an empty line ends the input; keys still send signals.
// Calls use_character_set().
// Lifetime: one in a process, without another user of libedit. Must be destroyed before its loop.
// The destructor and stop() restore the terminal, unless the program is in the background, where
// the terminal belongs to another one. Its functions may call stop(), but not destroy it.
// REQUIRES: the standard input and output are a terminal.
// Thread: the loop's. Errors: std::system_error from the constructor, `failed` later.
// Source: editline(3), editrc(5).
#ifndef SLUICE_TOOLS_COMMON_TERMINAL_TERMINAL_LINE_H
#define SLUICE_TOOLS_COMMON_TERMINAL_TERMINAL_LINE_H

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "../../../reactor/loop/loop.h"
#include "../../../reactor/loop/signals.h"
#include "../../../reactor/loop/watch.h"

namespace sluice::tools {

class TerminalLine {
 public:
  // `in_background` runs when the program has lost the terminal to another one; nothing is read and
  // drawn then until come_back(). Without it, such a program is stopped as others are (SIGTTIN).
  TerminalLine(Loop& loop, std::string prompt, std::function<void(std::string line)> on_line,
               std::function<void()> on_end, std::function<void(const std::string& why)> failed,
               std::function<void()> in_background = {});
  // Reads what libedit needs of files, which it does not find any more when the process has changed
  // its root. Does nothing if the standard input is no terminal.
  static void read_files() noexcept;

  TerminalLine(const TerminalLine&) = delete;
  TerminalLine& operator=(const TerminalLine&) = delete;
  ~TerminalLine();

  // Adds a newline to `text` if it has none, because the line that is typed begins a row.
  void print(std::string_view text);
  void pause() noexcept;
  void resume();
  void stop() noexcept;
  // The program is in the foreground again.
  void come_back();

 private:
  class Editor;  // libedit

  void read();
  void handle_keys();
  [[nodiscard]] bool gives_way();

  std::function<void(std::string line)> on_line_;
  std::function<void()> on_end_;
  std::function<void(const std::string& why)> failed_;
  std::function<void()> in_background_;
  std::unique_ptr<Editor> editor_;
  bool paused_ = false;
  Signal resized_;
  Signal continued_;  // after ^Z the shell has changed the settings of the terminal
  Watch keys_;
};

}  // namespace sluice::tools

#endif
