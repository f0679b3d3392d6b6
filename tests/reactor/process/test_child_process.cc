// Real children: /bin/sh and what every system has.
#include <fcntl.h>
#include <sys/wait.h>

#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include <sluice/child_process.h>
#include <sluice/pipe_connection.h>

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TestSuite(child_process, .timeout = 60);

namespace {

ChildOptions shell(const std::string& script) {
  ChildOptions options;
  options.arguments = {"/bin/sh", "-c", script};
  return options;
}

struct World {
  Handler output;
  Handler error;
  Loop loop{backend_options()};
  std::optional<ChildExit> exit;
  std::optional<ChildProcess> child;

  void start(const ChildOptions& options) {
    child.emplace(loop, options, [this](ChildExit how) { exit = how; });
  }
  void wait() {
    turn_until(loop, [this] { return exit.has_value(); });
  }
  // Runs it, and returns what it has written to its output.
  std::string run(ChildOptions options) {
    options.output = ChildStream::pipe;
    start(options);
    adopt_pipe(loop, child->take_output(), output);
    wait();
    turn_until(loop, [this] { return output.closes > 0; });
    return output.input;
  }
};

int error_of(const ChildOptions& options, std::string_view what) {
  Loop loop(backend_options());
  try {
    const ChildProcess child(loop, options, [](ChildExit) {});
  } catch (const std::system_error& error) {
    cr_expect(std::string_view(error.what()).starts_with(what), "%s", error.what());
    return error.code().value();
  }
  return 0;
}

bool is_gone(pid_t pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; }

}  // namespace

Test(child_process, reports_its_exit_status_and_leaves_no_zombie) {
  for (const int status : {0, 1, 255}) {
    World world;
    world.start(shell("exit " + std::to_string(status)));
    const pid_t pid = world.child->pid();
    cr_expect(world.child->running());
    world.wait();
    cr_expect(world.exit->is_known);
    cr_expect(world.exit->code == status);
    cr_expect(world.exit->signal == 0);
    cr_expect(world.exit->is_success() == (status == 0));
    cr_expect(world.exit->message() == "exit status " + std::to_string(status));
    cr_expect(!world.child->running() && is_gone(pid));
    world.child->kill(SIGTERM);  // does nothing
  }
}

Test(child_process, reports_the_signal_that_has_ended_it) {
  World world;
  world.start(shell("kill -9 $$"));
  world.wait();
  cr_expect(world.exit->signal == SIGKILL && !world.exit->code);
  cr_expect(world.exit->message() == "signal 9 (Killed)", "%s", world.exit->message().c_str());
}

Test(child_process, has_pipes_as_its_streams) {
  World world;
  ChildOptions options = shell("cat; echo problem >&2");
  options.input = options.output = options.error = ChildStream::pipe;
  world.start(options);
  Handler input;
  Connection& writer = adopt_pipe(world.loop, world.child->take_input(), input);
  adopt_pipe(world.loop, world.child->take_output(), world.output);
  adopt_pipe(world.loop, world.child->take_error(), world.error);
  cr_expect(!world.child->take_input() && !world.child->take_output());
  const std::string text(300'000, 'x');
  writer.send(text);
  writer.close();
  world.wait();
  turn_until(world.loop, [&] { return world.output.closes == 1 && world.error.closes == 1; });
  cr_expect(world.output.input == text);
  cr_expect(world.error.input == "problem\n");
  cr_expect(world.exit->is_success());
  cr_expect(input.journal.ends_with("close:closed in order"), "%s", input.journal.c_str());
}

Test(child_process, has_the_directory_and_the_environment_that_it_is_given) {
  World world;
  ChildOptions options = shell("pwd; echo $WHO; env | wc -l");
  options.directory = "/";
  options.environment = {"WHO=somebody"};
  const std::string output = world.run(options);
  cr_expect(output.starts_with("/\nsomebody\n"), "%s", output.c_str());
}

Test(child_process, is_looked_for_in_the_path) {
  World world;
  ChildOptions options;
  options.arguments = {"echo", "two words", ""};
  cr_expect(world.run(options) == "two words \n");
}

Test(child_process, inherits_no_descriptor_and_no_signal) {
  const int open = ::open("/dev/null", O_RDONLY);  // without close-on-exec, as a host may do
  cr_assert(open > 2);
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  World world;
  const std::string output =
      world.run(shell("for fd in /proc/self/fd/*; do n=${fd##*/}; [ $n -gt 2 ] && [ -e $fd ] && "
                      "echo fd $n; done; grep -E '^Sig(Blk|Ign)' /proc/self/status"));
  // The shell itself has the directory open while it expands the pattern.
  cr_expect(output.find("fd " + std::to_string(open) + "\n") == std::string::npos, "%s",
            output.c_str());
  cr_expect(output.find("SigBlk:\t0000000000000000") != std::string::npos, "%s", output.c_str());
  const std::size_t ignored = output.find("SigIgn:\t");
  cr_assert(ignored != std::string::npos);
  // Signals 32 and 33 are glibc's own.
  cr_expect((std::stoull(output.substr(ignored + 8), nullptr, 16) & 0x7fff'ffff) == 0, "%s",
            output.c_str());
}

Test(child_process, is_killed_when_it_does_not_end_in_time) {
  World world;
  ChildOptions options = shell("trap '' TERM; echo ready; while :; do sleep 1; done");
  options.output = ChildStream::pipe;
  world.start(options);
  adopt_pipe(world.loop, world.child->take_output(), world.output);
  turn_until(world.loop, [&] { return world.output.input == "ready\n"; });
  world.child->terminate(30ms);
  world.wait();
  cr_expect(world.exit->signal == SIGKILL);
}

Test(child_process, ends_at_once_if_the_first_signal_ends_it) {
  World world;
  ChildOptions options;
  options.arguments = {"sleep", "1000"};
  world.start(options);
  world.child->terminate(1h);
  world.wait();
  cr_expect(world.exit->signal == SIGTERM);
}

Test(child_process, is_killed_and_reaped_with_its_object) {
  World world;
  ChildOptions options;
  options.arguments = {"sleep", "1000"};
  world.start(options);
  const pid_t pid = world.child->pid();
  world.child.reset();
  cr_expect(is_gone(pid));
  turn_a_while(world.loop, 3);
  cr_expect(!world.exit);
}

Test(child_process, may_be_destroyed_in_its_function) {
  World world;
  bool ended = false;
  world.child.emplace(world.loop, shell("exit 3"), [&](ChildExit exit) {
    cr_expect(exit.code == 3);
    world.child.reset();
    ended = true;
  });
  turn_until(world.loop, [&] { return ended; });
}

Test(child_process, reports_the_end_also_when_the_host_takes_the_status) {
  std::signal(SIGCHLD, SIG_IGN);  // the kernel reaps every child
  World world;
  world.start(shell("exit 3"));
  world.wait();
  cr_expect(!world.exit->is_known && !world.exit->code);
  cr_expect(world.exit->message() == "unknown status");
}

Test(child_process, leaves_other_children_and_the_signal_of_the_host_alone) {
  static volatile std::sig_atomic_t signals = 0;
  signals = 0;
  std::signal(SIGCHLD, [](int) { signals = signals + 1; });
  World world;
  const pid_t other = ::fork();
  if (other == 0) ::_exit(7);
  world.start(shell("exit 0"));
  world.wait();
  int status = 0;
  cr_expect(::waitpid(other, &status, 0) == other);
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  cr_expect(signals > 0);
}

Test(child_process, throws_if_there_is_no_such_program) {
  ChildOptions options;
  options.arguments = {"/nowhere/program"};
  cr_expect(error_of(options, "cannot run \"/nowhere/program\": ") == ENOENT);
  options.arguments = {"/dev/null"};
  cr_expect(error_of(options, "cannot run \"/dev/null\": ") == EACCES);
  options.arguments = {"true"};
  options.directory = "/nowhere";
  cr_expect(error_of(options, "cannot run \"true\" in \"/nowhere\": ") == ENOENT);
}

Test(child_process, throws_for_options_without_a_program_or_with_a_nul) {
  const std::string nul("/\0b", 3);
  const ChildOptions good{.arguments = {"true"}};
  ChildOptions bad[4] = {good, good, good, good};
  bad[0].arguments = {};
  bad[1].arguments.push_back(nul);
  bad[2].environment = {nul};
  bad[3].directory = nul;
  for (const ChildOptions& options : bad) {
    Loop loop(backend_options());
    bool thrown = false;
    try {
      const ChildProcess child(loop, options, [](ChildExit) {});
    } catch (const std::invalid_argument&) {
      thrown = true;
    }
    cr_expect(thrown);
  }
}
