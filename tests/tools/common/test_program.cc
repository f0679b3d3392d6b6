// How a program ends: its exit status, its last signal, and who reports a failure.
#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>

#include <criterion/criterion.h>

#include "tools/common/program.h"
#include "tools/common/usage_error.h"

using namespace sluice::tools;

namespace {

struct Ended {
  int status;
  std::string reported;
};

template <class Run>
Ended ended(Run run) {
  Ended result;
  char name[] = "program";
  char* argv[] = {name, nullptr};
  const Program program{.name = name,
                        .signals = {},
                        .run = [&](int, char**) -> Outcome { return run(); },
                        .report = [&](std::string_view why) { result.reported = why; }};
  result.status = run_program(program, 1, argv);
  return result;
}

}  // namespace

Test(program, returns_the_status_that_its_outcome_has) {
  cr_expect(ended([] { return Outcome{}; }).status == 0);
  cr_expect(ended([] { return Outcome{ExitStatus::failed, ""}; }).status == 1);
  cr_expect(ended([] { return Outcome{ExitStatus::timed_out, ""}; }).status == 3);
}

Test(program, adds_128_to_a_signal_that_cut_the_work_short) {
  Outcome outcome;
  outcome.interrupted_by = SIGINT;
  cr_expect(ended([&] { return outcome; }).status == 130);
}

Test(program, ends_by_the_signal_of_its_outcome, .signal = SIGPIPE) {
  std::signal(SIGPIPE, SIG_IGN);
  Outcome outcome;
  outcome.signal = SIGPIPE;
  (void)ended([&] { return outcome; });
}

Test(program, reports_the_message_of_its_outcome) {
  const Ended end = ended([] { return Outcome{ExitStatus::failed, "the disk is full"}; });
  cr_expect(end.status == 1);
  cr_expect(end.reported == "the disk is full");
}

Test(program, reports_an_exception_as_a_failure) {
  const Ended end = ended([]() -> Outcome { throw std::runtime_error("port 7 is taken"); });
  cr_expect(end.status == 1);
  cr_expect(end.reported == "port 7 is taken");
}

Test(program, wrong_usage_has_a_status_of_its_own_and_is_no_failure_to_report) {
  const Ended end = ended([]() -> Outcome { throw UsageError("-x is not an option"); });
  cr_expect(end.status == 2);
  cr_expect(end.reported.empty());
}

Test(program, unblocks_the_signals_that_a_parent_left_blocked) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  char* argv[] = {nullptr};
  const Program program{.name = "program",
                        .signals = {SIGTERM},
                        .run = [](int, char**) { return Outcome{}; },
                        .report = nullptr};
  cr_expect(run_program(program, 0, argv) == 0);
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  cr_expect(sigismember(&blocked, SIGTERM) == 0);
}
