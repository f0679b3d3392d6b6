// A line on the terminal that shows the progress of the program.
//
// What it is: the last line of the standard error. It is drawn at most kRedraws times a second, and
// never if the standard error is not a terminal. On a dumb terminal spaces erase it, without an
// escape sequence. Call clear() before anything else is written there; the line comes back.
// Lifetime: must be destroyed before its loop; the destructor clears the line. Thread: the loop's.
// Errors: start() may throw std::bad_alloc. A line that cannot be written is lost.
#ifndef SLUICE_TOOLS_COMMON_TERMINAL_PROGRESS_LINE_H
#define SLUICE_TOOLS_COMMON_TERMINAL_PROGRESS_LINE_H

#include <cstddef>
#include <functional>
#include <string>

#include "../../../reactor/loop/loop.h"
#include "../../../reactor/loop/timer.h"

namespace sluice::tools {

// "[=====>      ] words" in less than `columns`; without the bar where there is no room for it.
// `share` is 0 to 1.
std::string bar_and_words(double share, const std::string& words, std::size_t columns);

class ProgressLine {
 public:
  static constexpr int kRedraws = 10;

  // `text` fits into less than `columns`, because terminals wrap at the last one.
  ProgressLine(Loop& loop, std::function<std::string(std::size_t columns)> text);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void start();
  void stop();  // and clear
  void clear();

 private:
  void draw();

  std::function<std::string(std::size_t columns)> text_;
  std::size_t drawn_ = 0;  // columns of the line that is there
  Timer timer_;
};

}  // namespace sluice::tools

#endif
