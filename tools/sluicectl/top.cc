#include "top.h"

#include <ncurses.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

#include "../../reactor/base/text/quote.h"
#include "../common/standard_streams.h"
#include "top_json.h"
#include "top_samples.h"
#include "top_view.h"

namespace sluice::tools::control {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kInterval{1};
constexpr int kPeersEvery = 5;  // samples

// The terminal, from construction to destruction.
class Screen {
 public:
  Screen() {
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
      throw std::runtime_error("top: this is no terminal; programs use: --json top");
    }
    screen_ = ::newterm(nullptr, stdout, stdin);
    if (screen_ == nullptr) {
      const char* const term = std::getenv("TERM");
      throw std::runtime_error("top: TERM " + quote(term == nullptr ? "" : term) +
                               " is no terminal with a screen");
    }
    ::cbreak();
    ::noecho();
    ::curs_set(0);
    ::keypad(stdscr, TRUE);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() {
    ::endwin();
    ::delscreen(screen_);
  }

  static void show(const TopView& view) {
    const auto columns = static_cast<std::size_t>(std::max(getmaxx(stdscr), 0));
    const auto rows = static_cast<std::size_t>(std::max(getmaxy(stdscr), 0));
    ::erase();
    int row = 0;
    for (const TopLine& line : top_lines(view, columns, rows)) {
      if (line.is_heading) ::attron(A_REVERSE);
      mvaddnstr(row++, 0, line.text.c_str(), static_cast<int>(line.text.size()));
      if (line.is_heading) ::attroff(A_REVERSE);
    }
    ::refresh();
  }
  // The key, KEY_RESIZE when the screen has another size now, or ERR when the time has come.
  static int wait_for_key(Clock::time_point until) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    ::timeout(static_cast<int>(std::max(left, milliseconds(0)).count()));
    return ::getch();
  }

 private:
  SCREEN* screen_ = nullptr;
};

}  // namespace

void run_top(const std::string& socket_path) {
  TopSamples samples;
  samples.add(read_sample(socket_path, true));
  const Screen screen;
  for (int count = 1;; ++count) {
    const auto next = Clock::now() + kInterval;
    for (int key = KEY_RESIZE; key != ERR; key = Screen::wait_for_key(next)) {
      if (key == 'q') return;
      Screen::show(samples.view());
    }
    samples.add(read_sample(socket_path, count % kPeersEvery == 0));
  }
}

// The first one comes when there are rates.
void run_top_as_json(const std::string& socket_path) {
  TopSamples samples;
  for (int count = 0;; ++count) {
    const auto next = Clock::now() + kInterval;
    samples.add(read_sample(socket_path, count % kPeersEvery == 1));
    if (count > 0) write_standard_output(top_json(samples.view()));
    std::this_thread::sleep_until(next);
  }
}

}  // namespace sluice::tools::control
