// The file of a listening Unix socket. Only for Listener.
//
// What it is: binds a socket to a path, and replaces a stale file but never a live one. The
// destructor removes the file, if it is still the same file.
// The file has its mode from the start: bind() sets the umask of the process meanwhile, and calls
// nothing afterwards that would follow what another process may have put at the path.
// Thread: the loop's. A file that another thread creates during bind() gets that umask, too.
// Errors: bind() throws std::system_error: EADDRINUSE (a process listens there), EEXIST (the file
// is not a socket), EACCES, ENOENT, ENAMETOOLONG and the other errors of bind().
// Source: unix(7), POSIX.1-2017 bind().
#ifndef SLUICE_REACTOR_STREAM_SOCKET_FILE_H
#define SLUICE_REACTOR_STREAM_SOCKET_FILE_H

#include <sys/types.h>

#include <optional>
#include <string>

#include "../base/address.h"

namespace sluice {

class SocketFile {
 public:
  SocketFile() = default;
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  ~SocketFile() { remove(); }

  // `mode`: 0 to 0777; without one the umask of the process applies.
  void bind(int socket, const Address& address, std::optional<mode_t> mode);
  void remove() noexcept;
  // The file of a socket that another process has bound is removed from now on, too.
  void adopt(const Address& address);
  // The file stays: another process has the socket.
  void release() noexcept { path_.clear(); }

 private:
  static void replace_stale(const Address& address);

  std::string path_;  // empty: nothing to remove
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace sluice

#endif
