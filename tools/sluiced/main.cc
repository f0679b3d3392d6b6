// sluiced(8): small network services over TCP, UDP and Unix sockets, in one loop.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../common/descriptor_limit.h"
#include "../common/program.h"
#include "../common/signal_setup.h"
#include "config/config_faults.h"
#include "configured.h"
#include "listen_names.h"
#include "log/log.h"
#include "options.h"
#include "root_account.h"
#include "sandbox/account.h"
#include "sandbox_plan.h"
#include "serve.h"
#include "settings/passed_sockets.h"
#include "two_processes.h"
#include "upgrade/handover.h"
#include "upgrade/upgrade.h"
#include "would_accept.h"

namespace sluice::tools::daemon {
namespace {

void log_descriptor_limit(Log& log) {
  const DescriptorLimit limit = raise_descriptor_limit();
  if (limit.error) {
    log.warning("descriptors: " + limit.now +
                "; the limit cannot be raised: " + limit.error.message());
  } else {
    log.info("descriptors: " + limit.now + " (was " + limit.before + ")");
  }
}

// What is wrong with the configuration, as editors and scripts read it: FILE:LINE:COLUMN: MESSAGE.
Outcome report(const ConfigError& error) {
  for (const std::string& line : error.lines()) std::fprintf(stderr, "%s\n", line.c_str());
  return {.status = ExitStatus::failed, .message = {}};
}

Outcome start(const Options& command_line, const StartedProgram& program, Handover& handover,
              Log& log) {
  Options options = configured(command_line);
  std::optional<Account> account;
  if (options.user) account = find_account(*options.user);
  if (options.check && options.peer) {
    return answer_with(would_accept(options.listen, *options.peer));
  }
  if (options.check) {
    return answer_with(options.verbose ? write_configuration(options) : std::string());
  }
  check_root_endpoints(options);
  log.use(options.log, log.open(options.log.to));
  if (options.console) go_on_in_background();
  log_descriptor_limit(log);
  if (account && !account->is_root() && ::geteuid() == 0) {
    return serve_in_two({command_line, std::move(options), *account, program}, handover, log);
  }
  options.listen = look_up_names(std::move(options.listen));
  check_root_endpoints(options);
  const auto give_up_root = [&account]() -> std::vector<SandboxLayer> {
    if (!account) return {};
    return {become(*account)};
  };
  serve(command_line, options, program, handover, {plan_for_one_process, give_up_root}, log);
  return {};
}

Outcome run(int argc, char** argv, Log& log) {
  const StartedProgram program = StartedProgram::of_process(argc, argv);
  Handover handover;
  try {
    handover.read_environment();
    // A parent that was started by another one gets only this; the sockets are its worker's.
    Handover passed;
    passed.read_environment(Handover::kPassedVariable);
    passed.receive_sockets();
    if (!passed.is_present()) handover.receive_sockets();
    PassedSockets::of_process().read_environment();
    Options options = parse_options(argc, argv);
    if (!options.answer.empty()) return answer_with(options.answer);
    choose_file(options);
    choose_account(options);
    return start(options, program, handover, log);
  } catch (const ConfigError& error) {
    handover.fail(error.lines().front());
    return report(error);
  } catch (const std::exception& error) {
    handover.fail(error.what());
    throw;
  }
}

}  // namespace
}  // namespace sluice::tools::daemon

int main(int argc, char** argv) {
  // A log that reaches the limit on the size of files fails to grow, and the daemon goes on.
  std::signal(SIGXFSZ, SIG_IGN);
  sluice::tools::daemon::Log log(STDERR_FILENO);
  return sluice::tools::run_program(
      {.name = "sluiced",
       .signals = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP},
       // A reader of the log that leaves must not take the daemon with it.
       .ignores_pipe = true,
       .run = [&log](int count,
                     char** words) { return sluice::tools::daemon::run(count, words, log); },
       .report = [&log](std::string_view why) { log.error(why); }},
      argc, argv);
}
