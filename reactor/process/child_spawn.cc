#include "child_spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../base/named_call.h"
#include "../base/text/quote.h"

extern char** environ;

namespace sluice {

namespace {

void check(int error, const char* call) {
  if (error != 0) fail_call(error, call);
}

// Above the standard streams, which the actions below replace one after the other.
Fd above_standard_streams(Fd fd, const char* call) {
  if (!fd) check(errno, call);
  if (fd.get() > STDERR_FILENO) return fd;
  Fd higher(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!higher) check(errno, "fcntl(F_DUPFD_CLOEXEC)");
  return higher;
}

class FileActions {
 public:
  FileActions() { check(::posix_spawn_file_actions_init(&actions_), "posix_spawn"); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void duplicate(int from, int to) {
    check(::posix_spawn_file_actions_adddup2(&actions_, from, to), "posix_spawn");
  }
  void change_directory(const std::string& to) {
    check(::posix_spawn_file_actions_addchdir_np(&actions_, to.c_str()), "posix_spawn");
  }
  // What the host has opened without close-on-exec.
  void close_from(int first) {
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
    check(::posix_spawn_file_actions_addclosefrom_np(&actions_, first), "posix_spawn");
#endif
#elif defined(__FreeBSD__)
    check(::posix_spawn_file_actions_addclosefrom_np(&actions_, first), "posix_spawn");
#endif
    (void)first;
  }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// A child would inherit what the host blocks and ignores.
class DefaultSignals {
 public:
  DefaultSignals() {
    check(::posix_spawnattr_init(&attributes_), "posix_spawn");
    sigset_t set;
    ::sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&attributes_, &set);
    ::sigfillset(&set);
    ::sigdelset(&set, SIGKILL);
    ::sigdelset(&set, SIGSTOP);
    ::posix_spawnattr_setsigdefault(&attributes_, &set);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  DefaultSignals(const DefaultSignals&) = delete;
  DefaultSignals& operator=(const DefaultSignals&) = delete;
  ~DefaultSignals() { ::posix_spawnattr_destroy(&attributes_); }
  [[nodiscard]] const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// The system would read the text up to there.
void reject_nul(const std::string& text, const char* what) {
  if (text.find('\0') == std::string::npos) return;
  throw std::invalid_argument(std::string(what) + " " + quote(text) + " holds a NUL byte");
}

// posix_spawn() takes char*, and does not write through it.
std::vector<char*> pointers_to(const std::vector<std::string>& words, const char* what) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const std::string& word : words) {
    reject_nul(word, what);
    pointers.push_back(const_cast<char*>(word.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildStreams::ChildStreams(const ChildOptions& options) {
  const ChildStream wanted[3] = {options.input, options.output, options.error};
  for (int i = 0; i < 3; ++i) {
    if (wanted[i] == ChildStream::inherit) continue;
    if (wanted[i] == ChildStream::null) {
      own[i] = above_standard_streams(Fd(::open("/dev/null", O_RDWR | O_CLOEXEC)), "/dev/null");
      continue;
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) check(errno, "pipe2");
    Fd read_end(ends[0]);
    Fd write_end(ends[1]);
    Fd& childs = i == STDIN_FILENO ? read_end : write_end;
    Fd& ours = i == STDIN_FILENO ? write_end : read_end;
    own[i] = above_standard_streams(std::move(childs), "pipe2");
    others[i] = above_standard_streams(std::move(ours), "pipe2");
  }
}

pid_t spawn(const ChildOptions& options, const ChildStreams& streams) {
  if (options.arguments.empty()) throw std::invalid_argument("a child needs a program to run");
  const std::vector<char*> arguments = pointers_to(options.arguments, "argument");
  std::vector<char*> variables;
  if (options.environment) variables = pointers_to(*options.environment, "variable");
  reject_nul(options.directory, "directory");
  FileActions actions;
  for (int i = 0; i < 3; ++i) {
    if (streams.own[i]) actions.duplicate(streams.own[i].get(), i);
  }
  actions.close_from(STDERR_FILENO + 1);
  if (!options.directory.empty()) actions.change_directory(options.directory);
  const DefaultSignals signals;
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, arguments[0], actions.get(), signals.get(), arguments.data(),
                     options.environment ? variables.data() : environ);
  if (error != 0) {
    // ENOENT and EACCES may also be about the directory.
    const std::string in = options.directory.empty() ? "" : " in " + quote(options.directory);
    fail_call(error, "cannot run " + quote(options.arguments[0]) + in);
  }
  return pid;
}

}  // namespace sluice
