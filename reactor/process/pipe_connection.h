// Makes connections of what are streams but no sockets: pipes and terminals.
//
// What it is: Connection::adopt() for them. A pipe has one direction:
//   - the end that reads delivers input, and on_eof() when the last writer has closed. send() fails
//     the connection (EBADF);
//   - the end that writes never delivers anything. shutdown() and close() close it when the queue
//     has been written, and the reader then sees the end. A reader that goes away is noticed at the
//     next write (EPIPE, CloseReason::peer_reset). SIGPIPE is never raised.
// A terminal has both. With a socket it is Connection::adopt().
// Blocking: O_NONBLOCK belongs to what all processes share that have the descriptor, and would
// confuse a shell whose terminal it is. So a terminal is opened anew. For a pipe that was inherited
// it is changed; pass such a pipe only if no other process reads or writes the same end.
// Lifetime, thread: as for any connection. peer() and local() are unspecified.
// Errors: adopt_pipe() throws std::system_error: EBADF; EINVAL for what is no pipe, terminal or
// socket; those of Connection::adopt(). It closes the descriptor also when it throws.
// Source: POSIX.1-2017 pipe(), open(), ttyname_r().
#ifndef SLUICE_REACTOR_PROCESS_PIPE_CONNECTION_H
#define SLUICE_REACTOR_PROCESS_PIPE_CONNECTION_H

#include "../base/export.h"
#include "../base/fd.h"
#include "../loop/loop.h"
#include "../stream/connection.h"
#include "../stream/connection_options.h"
#include "../stream/protocol.h"

namespace sluice {

// on_open() has run when it returns; if the turn's budget is used up, it runs in the next turn.
// REQUIRES: `protocol` is not null; `options.transport` is empty.
SLUICE_EXPORT Connection& adopt_pipe(Loop& loop, Fd descriptor, ProtocolRef protocol,
                                     const ConnectionOptions& options = {});

}  // namespace sluice

#endif
