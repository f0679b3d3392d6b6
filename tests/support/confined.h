// Runs a function in a child process, which can confine itself for good.
#ifndef SLUICE_TESTS_SUPPORT_CONFINED_H
#define SLUICE_TESTS_SUPPORT_CONFINED_H

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include <criterion/criterion.h>

namespace sluice::test {

// What the child's function returned, 0 to 255; -1 if it did not end by itself. The child may not
// use Criterion.
template <class Function>
int in_a_child(Function function) {
  const pid_t child = ::fork();
  cr_assert(child >= 0);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(function());
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// 0, or the errno of a call that returned `result`.
inline int error_of(long result) { return result < 0 ? errno : 0; }

}  // namespace sluice::test

#endif
