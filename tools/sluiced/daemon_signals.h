// The signals that sluiced(8) acts on, in the order of its page.
#ifndef SLUICE_TOOLS_SLUICED_DAEMON_SIGNALS_H
#define SLUICE_TOOLS_SLUICED_DAEMON_SIGNALS_H

#include <array>
#include <csignal>

namespace sluice::tools::daemon {

inline constexpr std::array kDaemonSignals = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};

}  // namespace sluice::tools::daemon

#endif
