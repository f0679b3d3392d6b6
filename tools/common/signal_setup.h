// Signals as a program finds them when it begins.
//
// Thread: the main one, before there are others. Errors: none.
// Source: POSIX.1-2017 sigprocmask(), sigaction().
#ifndef SLUICE_TOOLS_COMMON_SIGNAL_SETUP_H
#define SLUICE_TOOLS_COMMON_SIGNAL_SETUP_H

#include <initializer_list>

namespace sluice::tools {

// A parent may have left them blocked, and a blocked signal stops nothing.
void let_signals_through(std::initializer_list<int> signals) noexcept;

// nohup(1), and a shell that puts a program into the background, have a signal ignored for a
// reason: it is left alone then.
[[nodiscard]] bool is_ignored(int signal) noexcept;

// A program in the background of a terminal is not stopped for touching it: reading fails with EIO,
// and writing works.
void go_on_in_background() noexcept;

}  // namespace sluice::tools

#endif
