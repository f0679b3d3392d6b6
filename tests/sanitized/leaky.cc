// A program that a script can take for a daemon: it is ready, waits for SIGTERM, and ends well.
#include <csignal>
#include <cstdio>

#include "leak.h"

int main() {
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, nullptr);
  leak();
  std::puts("ready");
  std::fflush(stdout);
  int signal = 0;
  return sigwait(&term, &signal);
}
