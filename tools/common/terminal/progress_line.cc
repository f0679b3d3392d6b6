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

// Of the terminal; 0 rows: not known.
struct Size {
  std::size_t columns = kUsualColumns;
  std::size_t rows = 0;
};

Size size_of_terminal() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

// From the last of the lines to the beginning of the first one.
std::string to_first_line(std::size_t above) {
  return above == 0 ? "\r" : "\r\x1b[" + std::to_string(above) + 'A';
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

ProgressLine::ProgressLine(Loop& loop, Text text, Lines above)
    : text_(std::move(text)), above_(std::move(above)), timer_(loop, [this] { draw(); }) {}

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
  const std::size_t above = std::exchange(drawn_above_, 0);
  if (drawn == 0) return;
  write_error(is_dumb_terminal() ? '\r' + std::string(drawn, ' ') + '\r'
                                 : to_first_line(above) + "\x1b[J");
}

void ProgressLine::draw() {
  const Size size = size_of_terminal();
  const std::string text = text_(size.columns);
  if (is_dumb_terminal()) {
    // What the line before had more.
    const std::size_t rest = drawn_ > text.size() ? drawn_ - text.size() : 0;
    write_error('\r' + text + std::string(rest, ' '));
    drawn_ = text.size();
    return;
  }
  const std::size_t most = std::min(kMaxAbove, size.rows / 2);
  std::vector<std::string> lines;
  if (above_ && most > 0) lines = above_(size.columns, most);
  std::string drawing = to_first_line(drawn_above_);
  for (const std::string& line : lines) drawing += line + "\x1b[K\n";
  // In one write, so that no other text comes between.
  write_error(drawing + text + "\x1b[J");
  drawn_ = text.size();
  drawn_above_ = lines.size();
}

}  // namespace sluice::tools
