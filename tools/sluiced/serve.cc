#include "serve.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "../../reactor/base/version.h"
#include "../common/program.h"
#include "../common/standard_streams.h"
#include "daemon.h"
#include "endpoints/tls_keys.h"
#include "settings/passed_sockets.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::string_view kPlainInAShell =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-";

// The name of sluice-talk that works in the user's shell: in a build tree it is not in PATH, but
// beside this program.
std::string path_of_talk(std::string_view self) {
  const std::string name = "sluice-talk";
  const std::string beside = std::string(self.substr(0, self.rfind('/') + 1)) + name;
  const bool is_plain = beside.find_first_not_of(kPlainInAShell) == beside.npos;
  return is_plain && beside != name && access(beside.c_str(), X_OK) == 0 ? beside : name;
}

void log_start(Log& log, const Daemon& daemon, const Options& options, std::string_view self) {
  const std::string workers =
      daemon.workers() == 1 ? "" : ", workers " + std::to_string(daemon.workers());
  log.info("sluiced " SLUICE_VERSION_STRING ": backend " +
           std::string(to_string(daemon.backend())) + workers + ", services " +
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

// Gives up what is not needed from here on; `before` has been given up already. Throws
// std::runtime_error if more was required.
std::vector<SandboxLayer> enter_sandbox(Log& log, const Options& options, const SandboxPlan& plan,
                                        std::vector<SandboxLayer> layers) {
  const std::vector<SandboxLayer> confined = confine(plan, options.sandbox);
  check_required(confined, options.sandbox);
  for (const SandboxLayer& layer : confined) {
    const bool is_expected = options.sandbox == SandboxMode::off || !why_not_confined().empty();
    if (!layer.in_force && !is_expected) log.warning("sandbox: " + describe(layer));
    layers.push_back(layer);
  }
  log.info("sandbox: " + summary_of(layers));
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

}  // namespace

void serve(const Options& command_line, const Options& options, const StartedProgram& program,
           Handover& handover, const Role& role, Log& log) {
  handover.receive_sockets();
  Daemon daemon(options, log, handover, role.link);
  daemon.enable_upgrade(program);
  log_start(log, daemon, options, program.name());
  log_unused_sockets(log, options);
  const bool renews = std::any_of(options.listen.begin(), options.listen.end(),
                                  [](const ListenSpec& spec) { return has_tls(spec.settings); });
  if (!command_line.file.empty() || renews) daemon.enable_reload(command_line);
  // In this order: the plan looks at files that only root may see.
  const SandboxPlan plan = role.plan(options);
  daemon.set_sandbox(enter_sandbox(log, options, plan, role.give_up_root()));
  if (handover.is_present()) {
    daemon.take_over(handover);
    announce_upgrade(log, daemon);
  } else {
    // Last of what can fail: a client that reads "ready" is served.
    write_standard_output(daemon.announcement());
  }
  if (options.console) daemon.open_console();
  daemon.run();
}

}  // namespace sluice::tools::daemon
