// sluiced(8): small network services over TCP, UDP and Unix sockets, in one loop.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../reactor/base/version.h"
#include "../common/descriptor_limit.h"
#include "../common/program.h"
#include "../common/signal_setup.h"
#include "../common/standard_streams.h"
#include "config/config_faults.h"
#include "configured.h"
#include "daemon.h"
#include "listen_names.h"
#include "log/log.h"
#include "options.h"
#include "root_account.h"
#include "sandbox/account.h"
#include "sandbox/sandbox.h"
#include "sandbox_plan.h"
#include "services/tls_keys.h"
#include "settings/passed_sockets.h"
#include "upgrade/handover.h"
#include "upgrade/upgrade.h"
#include "would_accept.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::string_view kPlainInAShell =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-";

void log_descriptor_limit(Log& log) {
  const DescriptorLimit limit = raise_descriptor_limit();
  if (limit.error) {
    log.warning("descriptors: " + limit.now +
                "; the limit cannot be raised: " + limit.error.message());
  } else {
    log.info("descriptors: " + limit.now + " (was " + limit.before + ")");
  }
}

// The name of sluice-talk that works in the user's shell: in a build tree it is not in PATH, but
// beside this program.
std::string path_of_talk(std::string_view self) {
  const std::string name = "sluice-talk";
  const std::string beside = std::string(self.substr(0, self.rfind('/') + 1)) + name;
  const bool is_plain = beside.find_first_not_of(kPlainInAShell) == beside.npos;
  return is_plain && beside != name && access(beside.c_str(), X_OK) == 0 ? beside : name;
}

void log_start(Log& log, const Daemon& daemon, const Options& options, std::string_view self) {
  log.info("sluiced " SLUICE_VERSION_STRING ": backend " +
           std::string(to_string(daemon.backend())) + ", services " +
           std::to_string(daemon.services()));
  if (!options.default_listen) return;
  for (const std::string& command : default_examples(path_of_talk(self))) {
    log.info("try: " + command);
  }
}

// Newcomers would wait in them for ever.
void log_unused_sockets(Log& log, const Options& options) {
  const PassedSockets& passed = PassedSockets::of_process();
  for (const PassedSockets::Socket& socket : passed.all()) {
    const bool is_used =
        std::any_of(options.listen.begin(), options.listen.end(),
                    [&](const ListenSpec& spec) { return spec.descriptor == socket.fd.get(); });
    if (!is_used) log.warning(passed.reference_to(socket) + " was passed, and no service uses it");
  }
}

// What is wrong with the configuration, as editors and scripts read it: FILE:LINE:COLUMN: MESSAGE.
Outcome report(const ConfigError& error) {
  for (const std::string& line : error.lines()) std::fprintf(stderr, "%s\n", line.c_str());
  return {.status = ExitStatus::failed, .message = {}};
}

// Gives up what is not needed from here on. Throws std::runtime_error if more was required.
std::vector<SandboxLayer> enter_sandbox(Log& log, const Options& options,
                                        const std::optional<Account>& account) {
  const SandboxPlan plan = plan_for_one_process(options);
  std::vector<SandboxLayer> user;
  if (account) user.push_back(become(*account));
  std::vector<SandboxLayer> layers = confine(plan, options.sandbox);
  check_required(layers, options.sandbox);
  layers.insert(layers.begin(), user.begin(), user.end());
  log.info("sandbox: " + summary_of(layers));
  if (options.sandbox == SandboxMode::off || !why_not_confined().empty()) return layers;
  for (const SandboxLayer& layer : layers) {
    const bool is_wanted = account && account->is_root() && layer.name == user.front().name;
    if (!layer.in_force && !is_wanted) log.warning("sandbox: " + describe(layer));
  }
  return layers;
}

// Nobody may be left to read it, and the services matter more.
void announce_upgrade(Log& log, const Daemon& daemon) {
  try {
    write_standard_output(daemon.announcement());
  } catch (const std::exception& error) {
    log.warning(std::string("upgrade: ") + error.what());
  }
}

Outcome serve(const Options& command_line, const StartedProgram& program, Handover& handover,
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
  options.listen = look_up_names(std::move(options.listen));
  check_root_endpoints(options);
  Daemon daemon(options, log, handover);
  daemon.enable_upgrade(program);
  log_start(log, daemon, options, program.name());
  log_unused_sockets(log, options);
  const bool renews = std::any_of(options.listen.begin(), options.listen.end(),
                                  [](const ListenSpec& spec) { return has_tls(spec.settings); });
  if (!command_line.file.empty() || renews) daemon.enable_reload(command_line);
  daemon.set_sandbox(enter_sandbox(log, options, account));
  if (handover.is_present()) {
    daemon.take_over(handover);
    announce_upgrade(log, daemon);
  } else {
    // Last of what can fail: a client that reads "ready" is served.
    write_standard_output(daemon.announcement());
  }
  if (options.console) daemon.open_console();
  daemon.run();
  return {};
}

Outcome run(int argc, char** argv, Log& log) {
  const StartedProgram program = StartedProgram::of_process(argc, argv);
  Handover handover;
  try {
    handover.read_environment();
    PassedSockets::of_process().read_environment();
    Options options = parse_options(argc, argv);
    if (!options.answer.empty()) return answer_with(options.answer);
    choose_file(options);
    choose_account(options);
    return serve(options, program, handover, log);
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
