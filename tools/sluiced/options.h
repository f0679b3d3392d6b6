// The command line of sluiced.
//
// Errors: parse_options() throws UsageError, which names the option, what was read and what is
// allowed. The page sluiced(8) describes each option, and a test holds the two together.
#ifndef SLUICE_TOOLS_SLUICED_OPTIONS_H
#define SLUICE_TOOLS_SLUICED_OPTIONS_H

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/loop/loop.h"
#include "../common/command_line.h"
#include "settings/bus_settings.h"
#include "settings/control_settings.h"
#include "settings/listen_spec.h"
#include "settings/log_settings.h"
#include "settings/sandbox_mode.h"
#include "settings/settings.h"
#include "settings/workers.h"

namespace sluice::tools::daemon {

struct Options {
  LoopOptions loop;
  std::size_t workers = 1;  // or kAutoWorkers
  std::chrono::milliseconds drain_timeout = std::chrono::seconds(5);
  LogSettings log;
  std::vector<ListenSpec> listen;
  bool default_listen = false;  // neither -l nor -f was given, and listen has the default services
  bool console = false;
  ControlSettings control;
  BusSettings bus;
  std::optional<std::string> user;    // the account to serve as
  std::optional<std::string> chroot;  // the root directory of a worker
  SandboxMode sandbox = SandboxMode::on;
  std::string file;                  // of the configuration; empty: none
  std::vector<std::string> include;  // its patterns of other files
  bool check = false;                // -n
  bool verbose = false;              // -v
  std::optional<Address> peer;       // --would-accept
  bool log_connections = false;
  // What the command line has said itself, and the file does not override.
  struct Given {
    bool backend = false;
    bool workers = false;
    bool max_connections = false;
    bool max_memory = false;
    bool drain_timeout = false;
    bool log_to = false;
    bool log_format = false;
    bool log_connections = false;
    bool log_level = false;
    bool user = false;
    bool sandbox = false;
    Settings defaults;  // of --idle-timeout
  } given;
  // What --help or --version wants written; when it is not empty, nothing else is to be done.
  std::string answer;
};

// Every option, in the order of --help: for the shells' completions.
std::span<const OptionSpec> daemon_option_table() noexcept;

Options parse_options(int argc, const char* const* argv);

// Throws UsageError if there is --console, and no service that has a use for it.
void check_console(const Options& options);

// One command for each service that runs without -l; `talk` is the path of sluice-talk.
std::vector<std::string> default_examples(std::string_view talk);

}  // namespace sluice::tools::daemon

#endif
