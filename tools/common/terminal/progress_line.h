// A line on the terminal that shows the progress of the program.
//
// What it is: the last line of the standard error, and a few lines above it for the parts that are
// in progress, on a terminal that is not dumb. They are drawn at most kRedraws times a second, and
// never if the standard error is not a terminal. On a dumb terminal spaces erase the line, without
// an escape sequence. Call clear() before anything else is written there; the lines come back.
// Lifetime: must be destroyed before its loop; the destructor clears the line. Thread: the loop's.
// Errors: start() may throw std::bad_alloc. A line that cannot be written is lost.
#ifndef SLUICE_TOOLS_COMMON_TERMINAL_PROGRESS_LINE_H
#define SLUICE_TOOLS_COMMON_TERMINAL_PROGRESS_LINE_H

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "../../../reactor/loop/loop.h"
#include "../../../reactor/loop/timer.h"

namespace sluice::tools {

// "[=====>      ] words" in less than `columns`; without the bar where there is no room for it.
// `share` is 0 to 1.
std::string bar_and_words(double share, const std::string& words, std::size_t columns);

class ProgressLine {
 public:
  static constexpr int kRedraws = 10;
  static constexpr std::size_t kMaxAbove = 8;  // lines, and at most half of the terminal

  using Text = std::function<std::string(std::size_t columns)>;
  using Lines = std::function<std::vector<std::string>(std::size_t columns, std::size_t most)>;

  // `text` and each of at most `most` lines above it fit into less than `columns`, because
  // terminals wrap at the last one.
  ProgressLine(Loop& loop, Text text, Lines above = {});
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void start();
  void stop();  // and clear
  void clear();

 private:
  void draw();

  Text text_;
  Lines above_;
  std::size_t drawn_ = 0;        // columns of the line that is there
  std::size_t drawn_above_ = 0;  // lines above it
  Timer timer_;
};

}  // namespace sluice::tools

#endif
