// Makes and binds TCP and Unix sockets that are about to connect, and reads the result. For the
// folders that connect, not for embedders.
//
// Thread: any. Errors: an errno value, or 0 for success. No function blocks.
// Source: POSIX.1-2017 socket(), connect(); ip(7), tcp(7), socket(7).
#ifndef SLUICE_REACTOR_CONNECT_CONNECT_SOCKET_H
#define SLUICE_REACTOR_CONNECT_CONNECT_SOCKET_H

#include <optional>
#include <string>

#include "../base/address.h"
#include "../base/export.h"
#include "../base/fd.h"

namespace sluice {

// The local side of a connection.
struct ConnectFrom {
  // The local address. Its port should be 0 unless the caller needs a particular local port.
  // Targets of another family fail with EAFNOSUPPORT.
  std::optional<Address> address{};
  // The name of a network interface (SO_BINDTODEVICE). Targets fail with ENODEV if no interface has
  // that name, EPERM if the system requires a privilege, and ENOTSUP if it cannot bind a socket to
  // an interface. It does not apply to Unix sockets.
  std::string device{};
};

// Opens a non-blocking, close-on-exec stream socket for `to`, with TCP_NODELAY where it applies,
// and binds it as `from` says. On failure `socket` is empty, and `call`, if given, is set to the
// function that failed: "socket", "setsockopt" (the device) or "bind".
[[nodiscard]] int open_connect_socket(Fd& socket, const Address& to, const ConnectFrom& from,
                                      const char** call = nullptr);

// The result of a connect() that has completed: SO_ERROR, which this call resets.
[[nodiscard]] int pending_error(int fd) noexcept;

// False while the connect() is in progress. A loop may report a socket as ready although it is not.
[[nodiscard]] bool is_connected(int fd) noexcept;

// On loopback the kernel may choose the target port as the source port, and connect the socket to
// itself (simultaneous open). No process listens on that port then.
[[nodiscard]] bool is_connected_to_itself(int fd, const Address& peer) noexcept;

}  // namespace sluice

#endif
