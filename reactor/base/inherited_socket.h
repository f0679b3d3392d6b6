// What a socket is that this process did not open: the endpoint that it serves.
//
// What it is: functions of a descriptor. They change nothing.
// Thread: any.
// Errors: std::system_error that names the descriptor and what is wrong with it: EBADF; ENOTSOCK;
// EINVAL for a socket that is not of the kind that is asked for; EISCONN for a UDP socket that is
// connected.
// Source: POSIX.1-2017 getsockopt(), getsockname(); socket(7).
#ifndef SLUICE_REACTOR_BASE_INHERITED_SOCKET_H
#define SLUICE_REACTOR_BASE_INHERITED_SOCKET_H

#include "endpoint.h"

namespace sluice {

// REQUIRES: a stream socket that listens.
[[nodiscard]] Endpoint listening_endpoint(int fd);
// REQUIRES: a UDP socket that is bound and not connected.
[[nodiscard]] Endpoint datagram_endpoint(int fd);
// One of the two, as the type of the socket says.
[[nodiscard]] Endpoint inherited_endpoint(int fd);

}  // namespace sluice

#endif
