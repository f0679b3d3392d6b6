#include "program.h"

#include <csignal>
#include <cstdio>
#include <exception>

#include "signal_setup.h"
#include "standard_streams.h"
#include "usage_error.h"

namespace sluice::tools {
namespace {

// Copies nothing: memory may be what has run out.
void report(const Program& program, const char* why) {
  if (program.report) return program.report(why);
  std::fprintf(stderr, "%s: %s\n", program.name, why);
}

int end(const Program& program, const Outcome& outcome) {
  if (!outcome.message.empty()) report(program, outcome.message.c_str());
  if (outcome.signal != 0) {
    std::signal(outcome.signal, SIG_DFL);
    std::raise(outcome.signal);
  }
  if (outcome.interrupted_by != 0) return kSignalStatus + outcome.interrupted_by;
  return static_cast<int>(outcome.status);
}

}  // namespace

int run_program(const Program& program, int argc, char** argv) noexcept {
  try {
    occupy_standard_streams();
    let_signals_through(program.signals);
    if (program.ignores_pipe) std::signal(SIGPIPE, SIG_IGN);
    return end(program, program.run(argc, argv));
  } catch (const UsageError& error) {
    const char* const name = program.name;
    for (const std::string& message : error.messages()) {
      std::fprintf(stderr, "%s: %s\n", name, message.c_str());
    }
    std::fprintf(stderr, "%s: --help says what is allowed\n", name);
    return static_cast<int>(ExitStatus::wrong_usage);
  } catch (const std::exception& error) {
    report(program, error.what());
    return static_cast<int>(ExitStatus::failed);
  }
}

Outcome answer_with(std::string_view text) {
  write_standard_output(text);
  return {};
}

}  // namespace sluice::tools
