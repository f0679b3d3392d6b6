#include "progress_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "terminal.h"

namespace sluice::tools {
namespace {

constexpr std::size_t kMaxBar = 40;
constexpr std::size_t kUsualColumns = 80;

void write_error(std::string_view text) {
  // If the terminal is full, the line is lost and the program continues.
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

std::size_t columns_of_terminal() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kUsualColumns;
}

}  // namespace

std::string bar_and_words(double share, const std::string& words, std::size_t columns) {
  constexpr std::size_t kFrame = 4;  // brackets, a blank, and the last column
  if (words.size() + kFrame >= columns) return words.substr(0, columns > 0 ? columns - 1 : 0);
  const std::size_t width = std::min(kMaxBar, columns - words.size() - kFrame);
  const auto full =
      static_cast<std::size_t>(std::clamp(share, 0., 1.) * static_cast<double>(width));
  std::string bar(width, ' ');
  std::fill_n(bar.begin(), full, '=');
  if (full < width) bar[full] = '>';
  return '[' + bar + "] " + words;
}

ProgressLine::ProgressLine(Loop& loop, std::function<std::string(std::size_t columns)> text)
    : text_(std::move(text)), timer_(loop, [this] { draw(); }) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::start() {
  if (::isatty(STDERR_FILENO) != 1) return;
  timer_.start_repeating(std::chrono::milliseconds(1000 / kRedraws));
}

void ProgressLine::stop() {
  timer_.stop();
  clear();
}

void ProgressLine::clear() {
  const std::size_t drawn = std::exchange(drawn_, 0);
  if (drawn == 0) return;
  write_error(is_dumb_terminal() ? '\r' + std::string(drawn, ' ') + '\r' : "\r\x1b[K");
}

void ProgressLine::draw() {
  const std::string text = text_(columns_of_terminal());
  // What the line before had more.
  const std::size_t rest = drawn_ > text.size() ? drawn_ - text.size() : 0;
  write_error('\r' + text + (is_dumb_terminal() ? std::string(rest, ' ') : "\x1b[K"));
  drawn_ = text.size();
}

}  // namespace sluice::tools
