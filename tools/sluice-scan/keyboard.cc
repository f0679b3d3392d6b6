#include "keyboard.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "../../reactor/base/try_again.h"
#include "../common/signal_setup.h"

namespace sluice::tools::scan {
namespace {

// In the background a change of the terminal's mode would stop the whole process group.
bool in_foreground() { return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

}  // namespace

Keyboard::Keyboard(Loop& loop, std::function<void()> pressed) : pressed_(std::move(pressed)) {
  if (::isatty(STDIN_FILENO) != 1 || !in_foreground()) return;
  take();
  if (!taken_) return;
  if (!is_ignored(SIGTSTP)) {
    stopped_ = std::make_unique<Signal>(loop, SIGTSTP, [this] { on_stop(); });
  }
  keys_.emplace(loop, STDIN_FILENO, [this](int /*events*/) { read(); });
  keys_->watch(kReadable);
}

Keyboard::~Keyboard() { restore(); }

void Keyboard::take() {
  if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios mode = before_;
  mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  taken_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &mode) == 0;
}

void Keyboard::restore() noexcept {
  if (std::exchange(taken_, false)) (void)::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void Keyboard::read() {
  std::array<char, 256> keys;
  const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
  // A terminal that has gone away stays readable forever.
  if (count == 0 || (count < 0 && !try_again(errno))) return keys_->stop();
  if (count > 0) pressed_();
}

void Keyboard::on_stop() {
  restore();
  // Stops here, inside of this call, until the shell says SIGCONT.
  (void)::kill(::getpid(), SIGSTOP);
  if (in_foreground()) take();
}

}  // namespace sluice::tools::scan
