#include "upgrade.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "../../../reactor/loop/watcher.h"
#include "handover.h"

extern char** environ;

namespace sluice::tools::daemon {
namespace {

std::string absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  std::array<char, 4096> folder{};
  if (::getcwd(folder.data(), folder.size()) == nullptr) return path;
  return std::string(folder.data()) + '/' + path;
}

// Where a shell would find it.
std::string found_in_path(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path;
  while (true) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    std::string candidate(end == 0 ? "." : rest.substr(0, end));
    candidate += '/';
    candidate += name;
    if (::access(candidate.c_str(), X_OK) == 0) return absolute(candidate);
    if (end == rest.size()) return name;
    rest.remove_prefix(end + 1);
  }
}

// Pointers for exec(): valid as long as the texts.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

bool is_variable(std::string_view entry, std::string_view name) noexcept {
  return entry.starts_with(name) && entry.substr(name.size()).starts_with('=');
}

// The watchdog is for this process; the new one gets its own right when it has taken over.
std::vector<std::string> environment_for(int channel, int passed) {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (is_variable(*entry, "WATCHDOG_PID") || is_variable(*entry, Handover::kVariable) ||
        is_variable(*entry, Handover::kPassedVariable)) {
      continue;
    }
    variables.emplace_back(*entry);
  }
  variables.push_back(std::string(Handover::kVariable) + '=' + std::to_string(channel));
  if (passed >= 0) {
    variables.push_back(std::string(Handover::kPassedVariable) + '=' + std::to_string(passed));
  }
  return variables;
}

}  // namespace

Launcher Launcher::of_process() {
  return {.start = [](const StartedProgram& program,
                      int channel) { return start_program(program, channel); },
          .end = end_program};
}

// posix_spawn() reports also that the program cannot be executed.
pid_t start_program(const StartedProgram& program, int channel, int passed) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  // To the same number: that leaves it open in the new program.
  int error = ::posix_spawn_file_actions_adddup2(&actions, channel, channel);
  if (error == 0 && passed >= 0) {
    error = ::posix_spawn_file_actions_adddup2(&actions, passed, passed);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> arguments = program.arguments;
  std::vector<std::string> variables = environment_for(channel, passed);
  pid_t process = -1;
  if (error == 0) {
    error = ::posix_spawn(&process, program.path.c_str(), &actions, &attributes,
                          pointers_to(arguments).data(), pointers_to(variables).data());
  }
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), program.path);
  return process;
}

int end_program(pid_t process, std::chrono::milliseconds patience) noexcept {
  constexpr std::chrono::milliseconds kPause{5};
  int status = 0;
  for (std::chrono::milliseconds waited{0}; waited < patience; waited += kPause) {
    if (::waitpid(process, &status, WNOHANG) == process) return status;
    std::this_thread::sleep_for(kPause);
  }
  ::kill(process, SIGKILL);
  ::waitpid(process, &status, 0);
  return status;
}

StartedProgram StartedProgram::of_process(int argc, const char* const* argv) {
  StartedProgram program;
  for (int i = 0; i < argc; ++i) program.arguments.emplace_back(argv[i]);
  const std::string name(program.name());
  program.path = name.find('/') == name.npos ? found_in_path(name) : absolute(name);
  return program;
}

Upgrade::Upgrade(Loop& loop, const StartedProgram& program, std::vector<Item> items, Done done,
                 std::chrono::milliseconds deadline, Launcher launcher)
    : Upgrade(loop, program, std::move(items), std::move(done), deadline, std::move(launcher),
              HandoverChannel::make_pair()) {}

Upgrade::Upgrade(Loop& loop, const StartedProgram& program, std::vector<Item> items, Done done,
                 std::chrono::milliseconds deadline, Launcher launcher, std::pair<Fd, Fd> ends)
    : channel_(std::move(ends.first)),
      items_(std::move(items)),
      done_(std::move(done)),
      deadline_(deadline),
      launcher_(std::move(launcher)),
      silence_(loop,
               [this] {
                 (void)end_of_process({});
                 finish(false, "the new process " + std::to_string(process_) +
                                   " was not ready after " + std::to_string(deadline_.count()) +
                                   " ms");
               }),
      watch_(loop, channel_.fd(), [this](int /*events*/) { on_ready(); }) {
  items_.push_back({{"end"}, -1});
  silence_.start(deadline);
  watch_.watch(kReadable | kWritable);
  process_ = launcher_.start(program, ends.second.get());
}

Upgrade::~Upgrade() {
  if (!gone_) (void)end_of_process({});
}

void Upgrade::on_ready() {
  try {
    send_rest();
    receive();
  } catch (const std::exception& error) {
    finish(false, error.what());
  }
}

void Upgrade::send_rest() {
  if (send_items(channel_, items_, sent_) == MessageStatus::done) watch_.watch(kReadable);
}

void Upgrade::receive() {
  HandoverMessage message;
  const auto status = channel_.receive(message);
  if (status == HandoverChannel::Status::would_block) return;
  const std::string who = "the new process " + std::to_string(process_);
  if (status == HandoverChannel::Status::ended) {
    return finish(false, who + " ended before it was ready: " + end_of_process(kEndOfProgram));
  }
  if (message.fields.front() == "ready") return finish(true, "");
  finish(false, who + ": " + (message.fields.size() == 2 ? message.fields[1] : "failed"));
}

void Upgrade::finish(bool ok, const std::string& why) {
  silence_.stop();
  watch_.stop();
  if (!ok && !gone_) (void)end_of_process(kEndOfProgram);
  if (std::exchange(finished_, true)) return;
  done_({ok, why});
}

std::string Upgrade::end_of_process(std::chrono::milliseconds patience) {
  gone_ = true;
  const int status = launcher_.end(process_, patience);
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

void Upgrade::send(const std::vector<std::string>& fields) const noexcept {
  try {
    (void)channel_.send(fields);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): only counters are lost
  }
}

void Upgrade::go() noexcept {
  gone_ = true;
  send({"go"});
}

}  // namespace sluice::tools::daemon
