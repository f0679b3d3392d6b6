// Reports keys as they are pressed, without Enter, while the program is in the foreground.
//
// What it is: the terminal of the standard input in non-canonical mode, without echo; keys still
// send signals. On a pipe or in the background it does nothing and reads nothing.
// Lifetime: one in a process; must be destroyed before its loop. The destructor restores the
// terminal, so a program that a signal terminates must destroy it first. ^Z restores the terminal,
// and SIGCONT sets it again.
// Thread: the loop's. Errors: none; a terminal that cannot be set is left alone.
// Source: POSIX.1-2017 tcsetattr(), tcgetpgrp().
#ifndef SLUICE_TOOLS_SLUICE_SCAN_KEYBOARD_H
#define SLUICE_TOOLS_SLUICE_SCAN_KEYBOARD_H

#include <termios.h>

#include <functional>
#include <memory>
#include <optional>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/signals.h"
#include "../../reactor/loop/watch.h"

namespace sluice::tools::scan {

class Keyboard {
 public:
  // `pressed` runs for one key, or for several at once.
  Keyboard(Loop& loop, std::function<void()> pressed);
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;
  ~Keyboard();

 private:
  void take();
  void restore() noexcept;
  void read();
  void on_stop();

  std::function<void()> pressed_;
  termios before_{};
  bool taken_ = false;
  std::unique_ptr<Signal> stopped_;
  std::optional<Watch> keys_;
};

}  // namespace sluice::tools::scan

#endif
