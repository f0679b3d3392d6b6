// The daemon's terminal, where it is a pipe: who is given a line, what is shown, and how it ends.
// On a terminal: e2e/operation/test_console_terminal.py
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/common/output.h"
#include "tools/sluiced/console.h"
#include <sluice/endpoint.h>
#include <sluice/fd.h>
#include <sluice/loop.h>

using sluice::Endpoint;
using sluice::Fd;
using sluice::Loop;
using sluice::tools::daemon::Console;
using sluice::tools::daemon::DaemonConsole;
using sluice::tools::daemon::Log;
using sluice::tools::daemon::Service;
using sluice::tools::daemon::ServiceCounters;
using Lines = std::vector<std::string>;

namespace {

class Journal final : public Service {
 public:
  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return endpoint_; }
  void drain(std::chrono::milliseconds /*deadline*/, sluice::Task done) override { done(); }
  [[nodiscard]] ServiceCounters counters() const noexcept override { return {}; }
  void open_console(Console& opened) override { console = &opened; }
  void console_line(std::string_view line) override {
    lines.emplace_back(line);
    if (line == "/quit") console->leave();
  }
  void close_console() override {
    console = nullptr;
    ++closed;
  }

  Console* console = nullptr;
  Lines lines;
  int closed = 0;

 private:
  Endpoint endpoint_ = Endpoint::from("tcp://127.0.0.1:1");
};

struct Pipe {
  Fd reader;
  Fd writer;
  Pipe() {
    std::array<int, 2> ends{};
    cr_assert(::pipe(ends.data()) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
    cr_assert(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  }
  [[nodiscard]] std::string read() const {
    std::string all;
    char bytes[65536];
    for (ssize_t count = 0; (count = ::read(reader.get(), bytes, sizeof bytes)) > 0;) {
      all.append(bytes, static_cast<std::size_t>(count));
    }
    return all;
  }
};

// The test's standard input and output are pipes; each test is a process of its own.
struct World {
  explicit World(bool chat = true, bool broadcast = false) {
    cr_assert(::dup2(in.reader.get(), STDIN_FILENO) == STDIN_FILENO);
    cr_assert(::dup2(out.writer.get(), STDOUT_FILENO) == STDOUT_FILENO);
    console = std::make_unique<DaemonConsole>(loop, log, chat ? &talks : nullptr,
                                              broadcast ? &publishes : nullptr);
  }
  void type(std::string_view text) {
    cr_assert(::write(in.writer.get(), text.data(), text.size()) ==
              static_cast<ssize_t>(text.size()));
    turn();
  }
  void end() {
    in.writer.reset();
    turn();
  }
  void turn() {
    for (int i = 0; i < 4; ++i) loop.poll();
  }
  [[nodiscard]] bool closed() const {
    return logged.read().find("console: closed") != std::string::npos;
  }

  Pipe in;
  Pipe out;
  Pipe logged;
  Loop loop;
  Log log{logged.writer.get()};
  Journal talks;
  Journal publishes;
  std::unique_ptr<DaemonConsole> console;
};

}  // namespace

Test(console, hands_the_chat_each_line_and_shows_what_it_says) {
  World world;
  world.type("hello\nha");
  cr_expect(world.talks.lines == Lines({"hello"}));
  world.type("lf\n/publish this\n");
  cr_expect(world.talks.lines == Lines({"hello", "half", "/publish this"}));
  world.talks.console->print("<ann> hello\n");
  world.talks.console->print("* ann left\n");
  world.turn();
  cr_expect(world.out.read() == "<ann> hello\n* ann left\n");
}

Test(console, broadcasts_each_line_where_there_is_no_chat) {
  World world(false, true);
  world.type("supper\n\n/publish is ready\n");
  cr_expect(world.publishes.lines == Lines({"supper", "/publish is ready"}));
  cr_expect(world.talks.console == nullptr);
}

Test(console, broadcasts_what_is_published_where_there_is_a_chat_too) {
  World world(true, true);
  world.type("hello\n/publish supper is ready\n/published\n//publish not\n");
  cr_expect(world.talks.lines == Lines({"hello", "/published", "//publish not"}));
  cr_expect(world.publishes.lines == Lines({"supper is ready"}));
}

Test(console, ends_with_its_input) {
  World world(true, true);
  world.type("last");
  world.end();
  cr_expect(world.talks.lines == Lines({"last"}));
  cr_expect(world.talks.closed == 1 && world.publishes.closed == 1);
  cr_expect(world.closed());
  world.console.reset();
  cr_expect(world.talks.closed == 1 && world.publishes.closed == 1);
}

Test(console, ends_in_the_middle_of_what_was_typed_when_the_operator_quits) {
  World world;
  world.type("hello\n/quit\nnot said\n");
  cr_expect(world.talks.lines == Lines({"hello", "/quit"}));
  cr_expect(world.talks.closed == 1);
  world.type("nor this\n");
  cr_expect(world.talks.lines.size() == 2U);
}

Test(console, stops_before_the_loop_is_drained) {
  World world;
  world.console->stop();
  world.type("too late\n");
  cr_expect(world.talks.lines.empty());
  cr_expect(world.talks.closed == 1);
}

Test(console, lets_go_of_a_broadcast_service_that_drains) {
  World world(true, true);
  world.console->release(world.publishes);
  cr_expect(world.publishes.closed == 1 && world.talks.closed == 0);
  world.type("hello\n/publish supper\n");
  cr_expect(world.publishes.lines.empty());
  cr_expect(world.talks.lines == Lines({"hello", "/publish supper"}));
}

Test(console, closes_when_its_chat_drains_and_broadcasts_nothing_that_was_meant_for_it) {
  World world(true, true);
  world.console->release(world.talks);
  cr_expect(world.talks.closed == 1 && world.publishes.closed == 1);
  cr_expect(world.closed());
  world.type("hello\n");
  cr_expect(world.publishes.lines.empty());
}

Test(console, stays_open_when_another_service_drains) {
  World world(true, true);
  const Journal other;
  world.console->release(other);
  world.type("hello\n");
  cr_expect(world.talks.lines == Lines({"hello"}));
}

Test(console, closes_the_services_when_it_goes) {
  World world(true, true);
  world.console.reset();
  cr_expect(world.talks.closed == 1 && world.publishes.closed == 1);
}

Test(console, holds_a_bounded_amount_of_what_nobody_reads) {
  World world;
  const std::string line = std::string(999, 'x') + "\n";
  for (int i = 0; i < 10'000; ++i) {
    world.talks.console->print(line);
    if (i % 100 == 0) world.loop.poll();
  }
  std::size_t shown = 0;
  for (int i = 0; i < 1'000; ++i) {
    world.turn();
    shown += world.out.read().size();
  }
  cr_expect(shown >= sluice::tools::Output::kHighWater);
  cr_expect(shown < sluice::tools::Output::kHighWater + 1024 * 1024, "%zu", shown);
  cr_expect(shown % line.size() == 0, "whole lines");
  world.talks.console->print("after\n");
  world.turn();
  cr_expect(world.out.read() == "after\n");
}

Test(console, goes_on_when_its_output_is_gone) {
  World world;
  world.out.reader.reset();
  cr_assert(::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  world.talks.console->print("nobody reads this\n");
  world.turn();
  cr_expect(world.logged.read().find("console: cannot write to the standard output") !=
            std::string::npos);
  world.type("hello\n");
  cr_expect(world.talks.lines == Lines({"hello"}));
}

Test(console, a_line_without_an_end_is_a_failure) {
  World world;
  for (int i = 0; i < 5; ++i) world.type(std::string(16'384, 'x'));
  world.turn();
  cr_expect(world.talks.closed == 1);
  cr_expect(world.logged.read().find("console: a line is longer than 65536 bytes") !=
            std::string::npos);
}
