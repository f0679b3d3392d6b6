// The standard input as lines, in callbacks of the loop.
//
// What it is: if the standard input and output are a terminal, the user can edit lines and recall
// earlier ones (TerminalLine). A pipe or a file is read as it arrives and cut at LF; a last line
// without LF counts.
// In the background of a terminal, the system stops the program when it reads. With
// goes_on_in_background it continues, and reads nothing until it is in the foreground.
// Backpressure: pause() stops the reading; lines that were read already wait until resume().
// Lifetime: must be destroyed before its loop, and not inside its own functions. Only one in a
// process may edit. The destructor restores the terminal, also while an exception unwinds.
// Thread: the loop's. Errors: the constructor throws std::system_error. A later failure calls
// `failed` once, and nothing is read afterwards.
// Units: bytes.
#ifndef SLUICE_TOOLS_COMMON_TERMINAL_LINE_INPUT_H
#define SLUICE_TOOLS_COMMON_TERMINAL_LINE_INPUT_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "../../../reactor/loop/loop.h"
#include "../../../reactor/loop/timer.h"
#include "../../../reactor/loop/watch.h"

namespace sluice::tools {

class TerminalLine;

struct LineInputOptions {
  std::string prompt = "> ";  // on a terminal that is edited on
  // Input is not cut into lines: on_line gets the bytes of each read, and a line that was edited
  // keeps its LF.
  bool raw = false;
  // Gets whole lines that have arrived together, each with its LF, before on_line does. Returns
  // false to get them from on_line instead. Not for what is edited.
  std::function<bool(std::string_view lines)> on_lines{};
  std::size_t max_line = 16 * 1024 * 1024;  // without the LF; a longer one is a failure
  // REQUIRES, if true: go_on_in_background() has been called.
  bool goes_on_in_background = false;
  std::function<void(const std::string& why)> failed;
};

class LineInput {
 public:
  static constexpr std::chrono::milliseconds kForegroundInterval{250};

  using OnLine = std::function<void(std::string_view line)>;  // without its LF, unless raw
  using OnEnd = std::function<void()>;                        // once, when there will be no more

  LineInput(Loop& loop, OnLine on_line, OnEnd on_end, LineInputOptions options = {});
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;
  ~LineInput();

  // Writes to the standard output, above the line that is being typed, which does not change.
  // REQUIRES: editing().
  void print(std::string_view text);
  // Whether a user edits lines on the terminal.
  [[nodiscard]] bool editing() const noexcept { return terminal_ != nullptr && !is_away_; }

  // Not counted: one resume() ends any number of pauses.
  void pause() noexcept;
  void resume();
  [[nodiscard]] bool paused() const noexcept { return paused_; }
  // Forever; restores the terminal.
  void stop() noexcept;

 private:
  void open();
  void go_away();
  void look_for_foreground();
  void read();
  void deliver();
  void deliver_lines();
  void fail(const std::string& why);

  Loop& loop_;
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
  bool is_away_ = false;  // in the background
  Timer again_;
  Timer foreground_;            // runs while is_away_: no signal reports the foreground
  std::optional<Watch> watch_;  // where there is no terminal_
};

}  // namespace sluice::tools

#endif
