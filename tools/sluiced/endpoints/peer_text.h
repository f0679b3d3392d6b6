// How logs and the control socket write a peer.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_PEER_TEXT_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_PEER_TEXT_H

#include <string>

#include "../../../reactor/stream/connection.h"

namespace sluice::tools::daemon {

// "192.0.2.1:49152", of the client if the peer is a proxy. Over a Unix socket
// "uid:1000,gid:100,pid:4711", without the process if the system does not say it, and "unix" if it
// says nothing. Throws std::bad_alloc. Thread: the loop's.
std::string peer_text(const Connection& connection);

}  // namespace sluice::tools::daemon

#endif
