// A line on the terminal that says how far something is, and is drawn again and again.
//
// What it is: the place of that line on the standard error. It is drawn kRedraws times a second at
// most, and not at all when the standard error is no terminal. clear() takes it away before
// anything else is written there; it is drawn again by itself.
// Lifetime: must go before its loop; going clears it. Thread: the loop's.
// Errors: start() may throw std::bad_alloc. What cannot be shown is not.
#ifndef SLUICE_TOOLS_COMMON_PROGRESS_LINE_H
#define SLUICE_TOOLS_COMMON_PROGRESS_LINE_H

#include <cstddef>
#include <functional>
#include <string>

#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/timer.h"

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
  bool drawn_ = false;
  Timer timer_;
};

}  // namespace sluice::tools

#endif
