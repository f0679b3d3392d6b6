// Signals as a parent left them.
#include <csignal>

#include <criterion/criterion.h>

#include "tools/common/signal_setup.h"

using sluice::tools::is_ignored;
using sluice::tools::let_signals_through;

namespace {

bool is_blocked(int signal) {
  sigset_t blocked;
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  return sigismember(&blocked, signal) == 1;
}

}  // namespace

Test(signal_setup, a_blocked_signal_comes_through_and_others_stay) {
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGTERM);
  sigaddset(&both, SIGUSR2);
  ::sigprocmask(SIG_BLOCK, &both, nullptr);
  let_signals_through({SIGTERM, SIGINT});
  cr_expect(!is_blocked(SIGTERM));
  cr_expect(is_blocked(SIGUSR2));
}

Test(signal_setup, an_ignored_signal_is_told_and_left_alone) {
  std::signal(SIGHUP, SIG_IGN);
  let_signals_through({SIGHUP});
  cr_expect(is_ignored(SIGHUP));
  std::signal(SIGHUP, SIG_DFL);
  cr_expect(!is_ignored(SIGHUP));
}

Test(signal_setup, in_the_background_the_terminal_stops_nothing) {
  sluice::tools::go_on_in_background();
  cr_expect(is_ignored(SIGTTIN) && is_ignored(SIGTTOU));
  cr_expect(!is_ignored(SIGTSTP), "that is for the owner of the terminal");
}
