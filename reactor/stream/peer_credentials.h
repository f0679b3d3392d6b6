// The process at the other end of a Unix socket. Only for the project; not installed.
#ifndef SLUICE_REACTOR_STREAM_PEER_CREDENTIALS_H
#define SLUICE_REACTOR_STREAM_PEER_CREDENTIALS_H

#include <optional>

#include "connection.h"

namespace sluice {

// The process that connected, as it was then. Nothing for another kind of socket, or if the system
// does not know the process. Costs one system call.
std::optional<PeerCredentials> peer_credentials_of(int socket) noexcept;

}  // namespace sluice

#endif
