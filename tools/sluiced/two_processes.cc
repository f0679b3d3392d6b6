#include "two_processes.h"

#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <system_error>
#include <utility>

#include "../common/process_files.h"
#include "../common/terminal/terminal_line.h"
#include "account_names.h"
#include "configured.h"
#include "daemon_signals.h"
#include "parent.h"
#include "privileges/worker_link.h"
#include "sandbox_plan.h"
#include "serve.h"
#include "upgrade/descriptor_message.h"

namespace sluice::tools::daemon {
namespace {

// The parent passes them on. A service manager and a terminal send them to both processes, and a
// second SIGTERM would abort connections.
void ignore_signals() noexcept {
  for (const int number : kDaemonSignals) std::signal(number, SIG_IGN);
}

// Libraries read these files once, and could not read them in an empty root.
void read_files_of_libraries() {
  ::tzset();
  open_process_files();
}

void serve_as_worker(const TwoProcesses& what, const std::string& configuration, LinkEnds ends,
                     EmptyRoot root, Handover& handover, Log& log) {
  // Until the process ends: its parent reads the exit status when these are closed.
  static WorkerLink link(std::move(ends.requests), std::move(ends.notices));
  Opener::set_of_process(&link);
  log.set_open([](const LogTarget& target) { return link.log(target); });
  const Options options = read_by_worker(configuration, what.command_line);
  read_files_of_libraries();
  if (options.console) TerminalLine::read_files();
  std::vector<SandboxLayer> layers = leave_root(std::move(root), what.account);
  const Role role{plan_for_worker, [&layers] { return layers; }, &link};
  serve(what.command_line, options, what.program, handover, role, log);
}

}  // namespace

std::vector<SandboxLayer> leave_root(EmptyRoot root, const Account& account) {
  std::vector<SandboxLayer> layers;
  const std::string_view why_not = why_not_confined();  // it opens files until its end
  layers.push_back(why_not.empty() ? enter(std::move(root))
                                   : SandboxLayer{"chroot", false, std::string(why_not)});
  layers.insert(layers.begin(), become(account));
#if defined(__linux__)
  // A change of the user forbids what the search for leaks does at the end.
  if (!why_not.empty()) (void)::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
  return layers;
}

Outcome serve_in_two(TwoProcesses what, Handover& handover, Log& log) {
  EmptyRoot root = EmptyRoot::open(what.options.chroot);
  what.options.listen = look_up_names_as(what.account, std::move(what.options.listen));
  const std::string configuration = write_for_worker(what.options);
  auto [requests, worker_requests] = make_message_pair();
  auto [notices, worker_notices] = make_message_pair();
  std::fflush(nullptr);
  const pid_t worker = ::fork();
  if (worker < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (worker == 0) {
    ignore_signals();
    requests.reset();
    notices.reset();
    serve_as_worker(what, configuration, {std::move(worker_requests), std::move(worker_notices)},
                    std::move(root), handover, log);
    return {};
  }
  // ^Z is for the console, which the worker has.
  if (what.options.console) std::signal(SIGTSTP, SIG_IGN);
  worker_requests.reset();
  worker_notices.reset();
  root.directory.reset();
  handover.close();
  Parent parent(
      log,
      {what.command_line, std::move(what.options), std::move(what.account), what.program, worker},
      {std::move(requests), std::move(notices)});
  return parent.run();
}

}  // namespace sluice::tools::daemon
