// Who is at the other end of a Unix socket. Only for the project; not installed.
#ifndef SLUICE_REACTOR_STREAM_PEER_CREDENTIALS_H
#define SLUICE_REACTOR_STREAM_PEER_CREDENTIALS_H

#include <optional>

#include "connection.h"

namespace sluice {

// The process that connected, as it was then. Nothing on another socket, and if the system does not
// say it. One system call.
std::optional<PeerCredentials> peer_credentials_of(int socket) noexcept;

}  // namespace sluice

#endif
