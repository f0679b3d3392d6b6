// sluicectl(8): asks a running sluiced, and changes it, over its control socket.
#include <csignal>

#include "../common/program.h"
#include "../common/standard_streams.h"
#include "control_client.h"
#include "options.h"
#include "table.h"
#include "top.h"

namespace sluice::tools::control {
namespace {

Outcome monitor(const ControlOptions& options) {
  const ControlAnswer end = follow(options.socket, options.command, [&](const std::string& row) {
    write_standard_output(options.json ? row + '\n' : event_of(row));
  });
  if (end.error.empty()) return {};
  return {.status = ExitStatus::failed, .message = end.error};
}

Outcome run(int argc, char** argv) {
  const ControlOptions options = parse_control_options(argc, argv);
  if (!options.answer.empty()) return answer_with(options.answer);
  if (options.command == kTop) {
    if (options.json) run_top_as_json(options.socket);
    run_top(options.socket);
    return {};
  }
  if (options.command == kMonitor) return monitor(options);
  ControlAnswer answer = ask(options.socket, options.command);
  if (!options.sort.empty()) sort_rows(answer.rows, options.sort);
  // An answer is rows or text; without either, JSON is an empty array.
  const bool as_array = options.json && answer.text.empty() && answer.error.empty();
  write_standard_output(answer.text + (as_array ? array_of(answer.rows) : table_of(answer.rows)));
  if (!answer.error.empty()) return {.status = ExitStatus::failed, .message = answer.error};
  return {};
}

}  // namespace
}  // namespace sluice::tools::control

int main(int argc, char** argv) {
  return sluice::tools::run_program({.name = "sluicectl",
                                     .signals = {SIGTERM, SIGINT, SIGHUP, SIGPIPE},
                                     .run = sluice::tools::control::run,
                                     .report = nullptr},
                                    argc, argv);
}
