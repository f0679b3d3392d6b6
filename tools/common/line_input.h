// The standard input as lines, in callbacks of the loop.
//
// What it is: on a terminal, when the standard output is one too, lines are edited, and there is a
// history (TerminalLine). Anything else, a pipe or a file, is read as it comes and cut at LF; a
// last line without one counts.
// Backpressure: pause() stops the reading; lines that were read already wait until resume().
// Lifetime: must go before its loop, and not inside its own functions. One in a process may edit.
// Going restores the terminal, also while an exception unwinds.
// Thread: the loop's. Errors: the constructor throws std::system_error; what fails later is told to
// `failed`, once, and nothing is read then.
// Units: bytes.
#ifndef SLUICE_TOOLS_COMMON_LINE_INPUT_H
#define SLUICE_TOOLS_COMMON_LINE_INPUT_H

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/loop/watch.h"

namespace sluice::tools {

class TerminalLine;

struct LineInputOptions {
  std::string prompt = "> ";  // on a terminal that is edited on
  // Not cut into lines: each read is handed over as it is. On a terminal that is edited on, a line
  // is then handed over with its LF.
  bool raw = false;
  std::size_t max_line = 16 * 1024 * 1024;  // without the LF; a longer one is a failure
  std::function<void(const std::string& why)> failed;
};

class LineInput {
 public:
  using OnLine = std::function<void(std::string_view line)>;  // without its LF, unless raw
  using OnEnd = std::function<void()>;                        // once, when there will be no more

  LineInput(Loop& loop, OnLine on_line, OnEnd on_end, LineInputOptions options = {});
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;
  ~LineInput();

  // Onto the standard output, above the line that is being typed, which stays as it is.
  // REQUIRES: editing().
  void print(std::string_view text);
  // Somebody types, and the terminal is in our hands.
  [[nodiscard]] bool editing() const noexcept { return terminal_ != nullptr; }

  // Not counted: twice paused is paused.
  void pause() noexcept;
  void resume();
  [[nodiscard]] bool paused() const noexcept { return paused_; }
  // For good; gives the terminal back.
  void stop() noexcept;

 private:
  void read();
  void deliver();
  void deliver_lines();
  void fail(const std::string& why);

  OnLine on_line_;
  OnEnd on_end_;
  LineInputOptions options_;
  std::unique_ptr<TerminalLine> terminal_;
  std::unique_ptr<char[]> read_buffer_;
  std::string waiting_;      // read and not handed over yet
  std::size_t scanned_ = 0;  // bytes of waiting_ that are known to have no LF
  bool paused_ = false;
  bool ended_ = false;    // the input has
  bool stopped_ = false;  // on_end_ or failed has run, or stop()
  Timer again_;
  std::optional<Watch> watch_;  // where there is no terminal_
};

}  // namespace sluice::tools

#endif
