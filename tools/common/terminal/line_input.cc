#include "line_input.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "../../../reactor/base/try_again.h"
#include "terminal.h"
#include "terminal_line.h"

namespace sluice::tools {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;

bool can_edit() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1 && !is_dumb_terminal();
}

}  // namespace

LineInput::LineInput(Loop& loop, OnLine on_line, OnEnd on_end, LineInputOptions options)
    : loop_(loop),
      on_line_(std::move(on_line)),
      on_end_(std::move(on_end)),
      options_(std::move(options)),
      again_(loop, [this] { deliver(); }),
      foreground_(loop, [this] { look_for_foreground(); }) {
  if (options_.goes_on_in_background && is_in_background()) {
    go_away();
  } else {
    open();
  }
}

void LineInput::open() {
  if (can_edit()) {
    const bool raw = options_.raw;
    std::function<void()> in_background;
    if (options_.goes_on_in_background) in_background = [this] { go_away(); };
    terminal_ = std::make_unique<TerminalLine>(
        loop_, options_.prompt,
        [this, raw](std::string line) {
          if (raw) line += '\n';
          on_line_(line);
        },
        [this] {
          stopped_ = true;
          on_end_();
        },
        [this](const std::string& why) { fail(why); }, std::move(in_background));
    if (paused_) terminal_->pause();
    return;
  }
  read_buffer_ = std::make_unique<char[]>(kReadSize);
  watch_.emplace(loop_, STDIN_FILENO, [this](int /*events*/) { read(); });
  if (!paused_) watch_->watch(kReadable);
}

void LineInput::go_away() {
  is_away_ = true;
  if (watch_) watch_->stop();
  foreground_.start_repeating(kForegroundInterval);
}

void LineInput::look_for_foreground() {
  if (is_in_background()) return;
  foreground_.stop();
  is_away_ = false;
  if (terminal_) {
    terminal_->come_back();
  } else if (watch_) {
    if (!paused_) watch_->watch(kReadable);
  } else {
    open();
  }
}

LineInput::~LineInput() { stop(); }

void LineInput::stop() noexcept {
  stopped_ = true;
  again_.stop();
  foreground_.stop();
  if (terminal_) {
    terminal_->stop();
  } else if (watch_) {
    watch_->stop();
  }
}

void LineInput::print(std::string_view text) { terminal_->print(text); }

void LineInput::pause() noexcept {
  paused_ = true;
  if (terminal_) {
    terminal_->pause();
  } else if (watch_) {
    watch_->stop();
  }
}

void LineInput::resume() {
  if (!std::exchange(paused_, false) || stopped_) return;
  if (terminal_) return terminal_->resume();
  if (!watch_) return;  // open() begins the reading
  // Not inside this call, because the caller may be in a callback.
  again_.start(std::chrono::milliseconds(0));
}

void LineInput::fail(const std::string& why) {
  stop();
  if (options_.failed) options_.failed(why);
}

void LineInput::read() {
  // One read of a descriptor that is readable does not wait, whatever its flags.
  const ssize_t count = ::read(STDIN_FILENO, read_buffer_.get(), kReadSize);
  if (count < 0) {
    if (try_again(errno)) return;
    if (errno == EIO && options_.goes_on_in_background && is_in_background()) return go_away();
    return fail(std::generic_category().message(errno));
  }
  if (count == 0) ended_ = true;
  waiting_.append(read_buffer_.get(), static_cast<std::size_t>(count));
  deliver();
}

void LineInput::deliver() {
  if (options_.raw) {
    if (!waiting_.empty()) on_line_(std::exchange(waiting_, {}));
  } else {
    deliver_lines();
  }
  if (paused_ || stopped_) return;
  if (!ended_) return watch_->watch(kReadable);
  watch_->stop();
  stopped_ = true;
  on_end_();
}

void LineInput::deliver_lines() {
  std::size_t start = 0;
  std::size_t from = scanned_;
  if (options_.on_lines && !paused_ && !stopped_) {
    const std::size_t last = waiting_.rfind('\n');
    if (last != waiting_.npos && last >= scanned_ &&
        options_.on_lines(std::string_view(waiting_).substr(0, last + 1))) {
      start = from = last + 1;
    }
  }
  while (!paused_ && !stopped_) {
    const std::size_t end = waiting_.find('\n', from);
    if (end == waiting_.npos) break;
    on_line_(std::string_view(waiting_).substr(start, end - start));
    start = from = end + 1;
  }
  if (stopped_) return;
  waiting_.erase(0, start);
  // Paused in the middle, nothing of what is left has been looked at.
  scanned_ = paused_ ? 0 : waiting_.size();
  if (paused_) return;
  if (waiting_.size() > options_.max_line) {
    return fail("a line is longer than " + std::to_string(options_.max_line) + " bytes");
  }
  if (ended_ && !waiting_.empty()) {
    const std::string last = std::exchange(waiting_, {});
    on_line_(last);
  }
}

}  // namespace sluice::tools
