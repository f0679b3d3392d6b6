#include "options.h"

#include <array>
#include <string_view>

#include "../../reactor/base/text/quote.h"
#include "../../reactor/base/version.h"
#include "../common/usage_error.h"

namespace sluice::tools::control {
namespace {

constexpr std::array kOptions = {
    OptionSpec{"socket", 's', "PATH", "the daemon's socket (/run/sluiced/control)"},
    OptionSpec{"json", 0, "", "print the answer as a JSON array"},
    OptionSpec{"sort", 0, "KEY", "order the rows: large numbers first"},
    OptionSpec{"help", 0, "", "print this help and exit"},
    OptionSpec{"version", 0, "", "print the version and exit"},
};

std::string help_text() {
  return "Usage: sluicectl [OPTION]... COMMAND [ARGUMENT]...\n"
         "Asks a running sluiced, or changes it, over its control socket.\n"
         "\nOptions:\n" +
         help_of(kOptions) +
         "\nCommands:\n"
         "  help                      list the commands of the daemon\n"
         "  top                       the services on the whole screen; q quits\n"
         "  monitor                   events as they happen, until Control-C\n"
         "See sluicectl(8).\n";
}

// A word is sent as it was typed, and the daemon splits the line at spaces.
void check_word(const std::string& word) {
  for (const char c : word) {
    if (static_cast<unsigned char>(c) > ' ' && c != '\x7f') continue;
    throw UsageError("argument " + quote(word) + " has a space or a control character");
  }
  if (word.empty()) throw UsageError("an argument is empty");
}

}  // namespace

std::span<const OptionSpec> control_option_table() noexcept { return kOptions; }

ControlOptions parse_control_options(int argc, const char* const* argv) {
  const CommandLine line(kOptions, argc, argv);
  ControlOptions options;
  options.answer = line.answer("sluicectl " SLUICE_VERSION_STRING, help_text);
  if (!options.answer.empty()) return options;

  line.each("socket", [&](std::string_view value) {
    if (value.empty()) throw UsageError("the path is empty");
    options.socket = value;
  });
  options.json = line.has("json");
  line.each("sort", [&](std::string_view value) {
    if (value.empty()) throw UsageError("the key is empty");
    options.sort = value;
  });
  if (line.operands().empty()) throw UsageError("a command is missing, such as: show services");
  for (const std::string& word : line.operands()) {
    check_word(word);
    if (!options.command.empty()) options.command += ' ';
    options.command += word;
  }
  if (options.command == kTop && !options.sort.empty()) {
    throw UsageError("top orders the peers itself, and cannot be combined with --sort");
  }
  if (options.command == kMonitor && !options.sort.empty()) {
    throw UsageError("monitor shows events as they happen, and cannot be combined with --sort");
  }
  return options;
}

}  // namespace sluice::tools::control
