// The listening sockets, TCP and Unix, that the daemon keeps while the services behind them change.
//
// A ListenSocket (reactor/stream/listen_socket.h) owns the descriptor, and the file of a Unix
// socket. Each service that serves it has a duplicate of the descriptor, so that a service can end
// while newcomers wait in the backlog for the next one.
// Errors: std::system_error that names the call. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_LISTENING_SOCKET_H
#define SLUICE_TOOLS_SLUICED_SERVICES_LISTENING_SOCKET_H

#include "../../../reactor/base/fd.h"

namespace sluice::tools::daemon {

// Closed in a child that executes another program. REQUIRES: an open descriptor. EMFILE: the
// process has no more descriptors.
Fd duplicate_of(int descriptor);

}  // namespace sluice::tools::daemon

#endif
