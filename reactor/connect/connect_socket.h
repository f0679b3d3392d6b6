// A TCP or Unix socket that is about to connect: made, bound, and judged when it is decided. For
// the rooms of the reactor that connect, not for embedders.
//
// Thread: any. Errors: an errno value, 0 for none. Nothing here waits.
// Source: POSIX.1-2017 socket(), connect(); ip(7), tcp(7), socket(7).
#ifndef SLUICE_REACTOR_CONNECT_CONNECT_SOCKET_H
#define SLUICE_REACTOR_CONNECT_CONNECT_SOCKET_H

#include <optional>
#include <string>

#include "../base/address.h"
#include "../base/export.h"
#include "../base/fd.h"

namespace sluice {

// Where a connection leaves from.
struct ConnectFrom {
  // The local address; its port is 0 unless one certain port is wanted. Targets of another family
  // fail with EAFNOSUPPORT.
  std::optional<Address> address{};
  // The interface's name (SO_BINDTODEVICE): ENODEV where there is none of that name, EPERM where
  // the system asks for a privilege, ENOTSUP on systems that cannot. Unix sockets know none.
  std::string device{};
};

// A non-blocking, close-on-exec stream socket for `to`, with TCP_NODELAY where that is a word, and
// bound as `from` says. On failure `socket` holds none, and `call`, if given, is the function that
// failed: "socket", "setsockopt" (the device) or "bind".
[[nodiscard]] int open_connect_socket(Fd& socket, const Address& to, const ConnectFrom& from,
                                      const char** call = nullptr);

// What became of a connect() that was under way and is decided: SO_ERROR.
[[nodiscard]] int pending_error(int fd) noexcept;

// False while nothing is decided: a loop may call a socket ready that is not.
[[nodiscard]] bool is_connected(int fd) noexcept;

// On loopback the kernel may choose the port that is asked for as the source, and connect the
// socket to itself (simultaneous open). Nobody listens there.
[[nodiscard]] bool is_connected_to_itself(int fd, const Address& peer) noexcept;

}  // namespace sluice

#endif
