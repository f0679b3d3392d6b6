#include "terminal_line.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <cwctype>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

// libedit and not GNU readline, whose license would be that of the whole program. Its own
// interface, not the one like readline's: that one keeps its state in globals.
#include <histedit.h>

#include "../../../reactor/base/try_again.h"
#include "../standard_streams.h"
#include "terminal.h"

namespace sluice::tools {
namespace {

constexpr int kHistory = 1000;  // lines
// How long the rest of an escape sequence may take: longer, and it was the Esc key alone.
constexpr int kEscapePatience = 50;  // milliseconds
constexpr int kKeyPatience = 1000;

}  // namespace

class TerminalLine::Editor {
 public:
  explicit Editor(std::string prompt);
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;
  ~Editor();

  // Reads what the terminal has. False when it has nothing and never will: errno says why, 0 an
  // end.
  bool fill();
  // Takes keys; a line when one is finished.
  std::optional<std::string> take();
  [[nodiscard]] bool has_keys() const noexcept { return !keys_.empty(); }
  [[nodiscard]] bool ended() const noexcept { return ended_; }

  void erase();                                 // from the screen
  void redraw() { el_set(edit_, EL_REFRESH); }  // where the cursor is, at the start of a row
  void resize() { el_resize(edit_); }
  void take_terminal();

 private:
  static Editor& of(EditLine* edit);
  static char* show_prompt(EditLine* edit);
  static int next_key(EditLine* edit, wchar_t* key);
  static unsigned char on_end_key(EditLine* edit, wint_t key);
  bool wait_for_keys();
  [[nodiscard]] std::size_t columns_to_cursor() const;

  std::string prompt_;
  EditLine* edit_;
  History* history_;
  std::string keys_;      // read and not handed to libedit yet
  bool fresh_ = true;     // the next key is a command's first
  bool escaped_ = false;  // that was Esc
  bool ended_ = false;
};

TerminalLine::Editor::Editor(std::string prompt) : prompt_(std::move(prompt)) {
  use_character_set();  // else libedit shows each letter beyond ASCII as a number
  edit_ = el_init("sluice", stdin, stdout, stderr);
  history_ = history_init();
  if (edit_ == nullptr || history_ == nullptr) {
    const int error = errno;
    if (edit_ != nullptr) el_end(edit_);
    if (history_ != nullptr) history_end(history_);
    throw std::system_error(error, std::generic_category(), "terminal");
  }
  HistEvent event{};
  history(history_, &event, H_SETSIZE, kHistory);
  history(history_, &event, H_SETUNIQUE, 1);
  el_set(edit_, EL_CLIENTDATA, this);
  el_set(edit_, EL_PROMPT, &show_prompt);
  el_set(edit_, EL_SIGNAL, 0);  // signals are the loop's
  el_set(edit_, EL_HIST, history, history_);
  el_set(edit_, EL_EDITOR, "emacs");
  el_set(edit_, EL_GETCFN, &next_key);
  el_source(edit_, nullptr);
  // Wide: el_set() would make copies of these, and never free them.
  el_wset(edit_, EL_ADDFN, L"end-or-delete", L"End the input, or delete the character here",
          &on_end_key);
  el_set(edit_, EL_BIND, "^D", "end-or-delete", nullptr);
  el_set(edit_, EL_UNBUFFERED, 1);  // a key at a time; shows the prompt
}

TerminalLine::Editor::~Editor() {
  if (is_in_background()) {
    el_set(edit_, EL_EDITMODE, 0);  // libedit leaves the terminal as it is
  } else {
    const LineInfo* line = el_line(edit_);
    line->lastchar == line->buffer ? erase() : void(std::fputc('\n', stdout));
    std::fflush(stdout);
    el_set(edit_, EL_UNBUFFERED, 0);
  }
  el_end(edit_);
  history_end(history_);
}

// The description of the terminal: libtinfo keeps the last, and reads none again of the same name.
void TerminalLine::read_files() noexcept {
  if (::isatty(STDIN_FILENO) == 0 || is_dumb_terminal()) return;
  use_character_set();
  EditLine* const edit = el_init("sluice", stdin, stdout, stderr);
  if (edit != nullptr) el_set(edit, EL_EDITMODE, 0);  // el_end() leaves the terminal as it is
  el_end(edit);
}

TerminalLine::Editor& TerminalLine::Editor::of(EditLine* edit) {
  void* self = nullptr;
  el_get(edit, EL_CLIENTDATA, &self);
  return *static_cast<Editor*>(self);
}

char* TerminalLine::Editor::show_prompt(EditLine* edit) { return of(edit).prompt_.data(); }

bool TerminalLine::Editor::fill() {
  std::array<char, 4096> bytes;
  const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count > 0) keys_.append(bytes.data(), static_cast<std::size_t>(count));
  if (count == 0) errno = 0;
  return count > 0 || (count < 0 && try_again(errno));
}

bool TerminalLine::Editor::wait_for_keys() {
  if (!keys_.empty()) return true;
  if (fresh_) return false;
  pollfd ready{STDIN_FILENO, POLLIN, 0};
  if (::poll(&ready, 1, escaped_ ? kEscapePatience : kKeyPatience) != 1) return false;
  return fill() && !keys_.empty();
}

// What libedit reads with: one character of however many bytes.
int TerminalLine::Editor::next_key(EditLine* edit, wchar_t* key) {
  Editor& self = of(edit);
  std::mbstate_t state{};
  while (self.wait_for_keys()) {
    const char byte = self.keys_.front();
    self.keys_.erase(0, 1);
    if (std::exchange(self.fresh_, false)) self.escaped_ = byte == '\x1b';
    const std::size_t result = std::mbrtowc(key, &byte, 1, &state);
    if (result == static_cast<std::size_t>(-1)) {
      state = {};  // not a character; drop it
    } else if (result != static_cast<std::size_t>(-2)) {
      return 1;
    }
  }
  return 0;
}

unsigned char TerminalLine::Editor::on_end_key(EditLine* edit, wint_t /*key*/) {
  const LineInfo* line = el_line(edit);
  if (line->lastchar == line->buffer) {
    of(edit).ended_ = true;
    return CC_NORM;
  }
  if (line->cursor == line->lastchar) return CC_ERROR;
  el_cursor(edit, 1);  // what is deleted is in front of the cursor
  el_deletestr(edit, 1);
  return CC_REFRESH;
}

std::optional<std::string> TerminalLine::Editor::take() {
  fresh_ = true;
  int count = 0;
  const char* text = el_gets(edit_, &count);
  if (text == nullptr || count <= 0 || text[count - 1] != '\n') return std::nullopt;
  std::string line(text, static_cast<std::size_t>(count - 1));
  HistEvent event{};
  if (!line.empty()) history(history_, &event, H_ENTER, line.c_str());
  el_set(edit_, EL_UNBUFFERED, 0);  // off and on again is how a new line is begun
  el_set(edit_, EL_UNBUFFERED, 1);
  return line;
}

std::size_t TerminalLine::Editor::columns_to_cursor() const {
  const LineInfoW* line = el_wline(edit_);
  std::size_t columns = prompt_.size();
  for (const wchar_t* c = line->buffer; c != line->cursor; ++c) {
    const int width = ::wcwidth(*c);
    columns += width >= 0 ? static_cast<std::size_t>(width) : 2;  // ^X
  }
  return columns;
}

void TerminalLine::Editor::erase() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size.ws_col = 80;
  const std::size_t rows = columns_to_cursor() / size.ws_col;
  if (rows > 0) std::fprintf(stdout, "\x1b[%zuA", rows);
  std::fputs("\r\x1b[J", stdout);
  std::fflush(stdout);
}

void TerminalLine::Editor::take_terminal() {
  el_set(edit_, EL_PREP_TERM, 0);  // what it knows of the terminal is not so any more
  el_set(edit_, EL_PREP_TERM, 1);
}

TerminalLine::TerminalLine(Loop& loop, std::string prompt,
                           std::function<void(std::string line)> on_line,
                           std::function<void()> on_end,
                           std::function<void(const std::string& why)> failed,
                           std::function<void()> in_background)
    : on_line_(std::move(on_line)),
      on_end_(std::move(on_end)),
      failed_(std::move(failed)),
      in_background_(std::move(in_background)),
      resized_(loop, SIGWINCH,
               [this] {
                 if (!editor_ || is_in_background()) return;
                 editor_->erase();
                 editor_->resize();
                 editor_->redraw();
               }),
      continued_(loop, SIGCONT,
                 [this] {
                   if (editor_ && !gives_way()) come_back();
                 }),
      keys_(loop, STDIN_FILENO, [this](int /*events*/) { read(); }) {
  editor_ = std::make_unique<Editor>(std::move(prompt));
  keys_.watch(kReadable);
}

TerminalLine::~TerminalLine() { stop(); }

void TerminalLine::stop() noexcept {
  keys_.stop();
  editor_.reset();
}

void TerminalLine::pause() noexcept {
  paused_ = true;
  keys_.stop();
}

void TerminalLine::resume() {
  paused_ = false;
  if (editor_) keys_.watch(kReadable);
}

bool TerminalLine::gives_way() {
  if (!in_background_ || !is_in_background()) return false;
  keys_.stop();
  in_background_();
  return true;
}

void TerminalLine::come_back() {
  if (!editor_) return;
  editor_->take_terminal();
  editor_->redraw();
  if (!paused_) keys_.watch(kReadable);
}

void TerminalLine::print(std::string_view text) {
  std::string whole(text);
  if (!whole.empty() && whole.back() != '\n') whole += '\n';
  if (editor_) editor_->erase();
  write_standard_output(whole);
  if (editor_) editor_->redraw();
}

void TerminalLine::read() {
  if (!editor_->fill()) {
    const int error = errno;
    if (error == EIO && gives_way()) return;
    stop();
    if (error == 0 || error == EIO) return on_end_();  // EIO: the terminal is gone
    return failed_(std::generic_category().message(error));
  }
  handle_keys();
}

void TerminalLine::handle_keys() {
  while (editor_ && editor_->has_keys()) {
    std::optional<std::string> line = editor_->take();
    if (editor_->ended()) {
      stop();
      return on_end_();
    }
    if (line) on_line_(std::move(*line));
  }
}

}  // namespace sluice::tools
