// The standard input as lines, where it is a pipe or a file. On a terminal:
// e2e/tools/test_talk_terminal.py
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/common/terminal/line_input.h"
#include <sluice/fd.h>
#include <sluice/loop.h>

using sluice::Fd;
using sluice::Loop;
using sluice::tools::LineInput;
using sluice::tools::LineInputOptions;
using Lines = std::vector<std::string>;

namespace {

// The test's standard input is a pipe; each test is a process of its own.
struct Typed {
  Loop loop;
  Fd writer;
  Lines lines;
  bool ended = false;
  std::string failure;
  int pause_after = -1;  // lines
  std::unique_ptr<LineInput> input;

  explicit Typed(LineInputOptions options = {}) {
    std::array<int, 2> ends{};
    cr_assert(::pipe(ends.data()) == 0);
    cr_assert(::dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    ::close(ends[0]);
    writer.reset(ends[1]);
    start(std::move(options));
  }
  void start(LineInputOptions options) {
    options.failed = [this](const std::string& why) { failure = why; };
    input = std::make_unique<LineInput>(
        loop,
        [this](std::string_view line) {
          lines.emplace_back(line);
          if (static_cast<int>(lines.size()) == pause_after) input->pause();
        },
        [this] { ended = true; }, std::move(options));
  }
  void type(std::string_view text) {
    cr_assert(::write(writer.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    turn();
  }
  void turn() {
    for (int i = 0; i < 4; ++i) loop.poll();
  }
  void end() {
    writer.reset();
    turn();
  }
};

}  // namespace

Test(line_input, lines_are_cut_at_lf_however_they_arrive) {
  Typed typed;
  typed.type("one\ntw");
  cr_expect(typed.lines == Lines({"one"}));
  typed.type("o\n\nthree\r\n");
  cr_expect(typed.lines == Lines({"one", "two", "", "three\r"}));
  cr_expect(!typed.ended);
  cr_expect(!typed.input->editing());
}

Test(line_input, a_last_line_without_lf_counts) {
  Typed typed;
  typed.type("one\nlast");
  typed.end();
  cr_expect(typed.lines == Lines({"one", "last"}));
  cr_expect(typed.ended);
}

Test(line_input, an_end_behind_lf_is_no_line) {
  Typed typed;
  typed.type("one\n");
  typed.end();
  cr_expect(typed.lines == Lines({"one"}));
  cr_expect(typed.ended);
}

Test(line_input, a_pause_holds_back_what_was_read_already) {
  Typed typed;
  typed.pause_after = 2;
  typed.type("1\n2\n3\n4\nrest");
  cr_expect(typed.lines == Lines({"1", "2"}));
  typed.end();
  cr_expect(typed.lines.size() == 2 && !typed.ended);
  typed.input->resume();
  cr_expect(typed.lines.size() == 2);  // not inside of resume()
  typed.turn();
  cr_expect(typed.lines == Lines({"1", "2", "3", "4", "rest"}));
  cr_expect(typed.ended);
}

Test(line_input, paused_it_reads_nothing) {
  Typed typed;
  typed.input->pause();
  typed.type("1\n");
  cr_expect(typed.lines.empty());
  std::array<char, 8> left{};
  cr_expect(::read(STDIN_FILENO, left.data(), left.size()) == 2);
}

Test(line_input, raw_hands_over_each_read_as_it_is) {
  LineInputOptions options;
  options.raw = true;
  Typed typed(std::move(options));
  typed.type("a\nb");
  typed.type("\n");
  typed.end();
  cr_expect(typed.lines == Lines({"a\nb", "\n"}));
  cr_expect(typed.ended);
}

Test(line_input, a_line_above_the_limit_is_a_failure_and_no_end) {
  LineInputOptions options;
  options.max_line = 10;
  Typed typed(std::move(options));
  typed.type("0123456789\n");
  typed.type("0123456789");
  cr_expect(typed.failure.empty());
  typed.type("x");
  cr_expect(typed.failure == "a line is longer than 10 bytes");
  typed.end();
  cr_expect(typed.lines == Lines({"0123456789"}));
  cr_expect(!typed.ended);
}

Test(line_input, a_file_is_read_to_its_end_on_each_backend) {
  std::string name = "/tmp/sluice-input-XXXXXX";
  const Fd file(::mkstemp(name.data()));
  ::unlink(name.c_str());
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "line " + std::to_string(i) + '\n';
  cr_assert(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  for (const auto backend :
       {sluice::Backend::epoll, sluice::Backend::poll, sluice::Backend::select}) {
    ::lseek(file.get(), 0, SEEK_SET);
    cr_assert(::dup2(file.get(), STDIN_FILENO) == STDIN_FILENO);
    sluice::LoopOptions options;
    options.backend = backend;
    Loop loop(options);
    std::size_t count = 0;
    LineInput input(
        loop, [&](std::string_view) { ++count; }, [&] { loop.stop(); });
    loop.run();
    cr_expect(count == 50'000);
  }
}

Test(line_input, a_directory_is_a_failure_with_the_reason) {
  const Fd directory(::open("/", O_RDONLY));
  cr_assert(::dup2(directory.get(), STDIN_FILENO) == STDIN_FILENO);
  Loop loop;
  std::string failure;
  LineInputOptions options;
  options.failed = [&](const std::string& why) { failure = why; };
  LineInput input(
      loop, [](std::string_view) {}, [] {}, std::move(options));
  for (int i = 0; i < 3; ++i) loop.poll();
  cr_expect(failure == "Is a directory", "%s", failure.c_str());
}

Test(line_input, whole_lines_that_arrive_together_may_be_read_at_once) {
  LineInputOptions options;
  Lines blocks;
  Typed* at = nullptr;
  options.on_lines = [&](std::string_view lines) {
    if (lines.find('!') != lines.npos) return false;
    blocks.emplace_back(lines);
    if (lines.find('?') != lines.npos) at->input->pause();
    return true;
  };
  Typed typed(options);
  at = &typed;
  typed.type("one\ntwo\nth");
  typed.type("ree\n!\nfo");
  cr_expect(blocks == Lines({"one\ntwo\n"}));
  cr_expect(typed.lines == Lines({"three", "!"}));
  typed.type("ur\nfive?\nsi");
  typed.type("x\n");
  cr_expect(blocks == Lines({"one\ntwo\n", "four\nfive?\n"}));  // paused
  typed.input->resume();
  typed.turn();
  typed.type("last");
  typed.end();
  cr_expect(blocks.size() == 3 && blocks.back() == "six\n");
  cr_expect(typed.lines == Lines({"three", "!", "last"}) && typed.ended);
}
