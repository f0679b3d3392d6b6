#include "socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "../base/fd.h"
#include "../base/named_call.h"

namespace sluice {

namespace {

// While it lives, files are created with this mode. chmod(2) after bind(2) would be too late, and
// would follow a symbolic link that had been put there meanwhile.
class Umask {
 public:
  explicit Umask(std::optional<mode_t> mode) : changed_(mode.has_value()) {
    if (changed_) before_ = ::umask(~*mode & 0777);
  }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() {
    if (!changed_) return;
    const int error = errno;
    ::umask(before_);
    errno = error;
  }

 private:
  bool changed_;
  mode_t before_ = 0;
};

}  // namespace

// If two processes start at the same time with the same stale path, both may find it stale; the
// later one gets the path.
void SocketFile::replace_stale(const Address& address) {
  const std::string path = address.path();
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;  // the error of bind() says more
  if (!S_ISSOCK(status.st_mode)) fail_call(EEXIST, "bind unix://" + path + " (not a socket)");
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!probe) fail_call(errno, "socket unix://" + path);
  // Non-blocking, because a live server with a full backlog would delay the probe.
  named_call("fcntl", "unix://" + path, [&probe] { set_nonblocking_cloexec(probe.get()); });
  const int result = ::connect(probe.get(), address.data(), address.size());
  // Only a refusal proves that nobody listens. EAGAIN, EPROTOTYPE and EACCES prove the opposite, or
  // nothing.
  if (result == 0 || errno != ECONNREFUSED) fail_call(EADDRINUSE, "bind unix://" + path);
  ::unlink(path.c_str());
}

void SocketFile::bind(int socket, const Address& address, std::optional<mode_t> mode) {
  const std::string path = address.path();
  const bool is_file = !path.empty() && path.front() != '@';
  if (is_file) replace_stale(address);
  std::string own = path;  // from bind() on nothing may throw and leave the file behind
  {
    const Umask umask(is_file ? mode : std::nullopt);
    if (::bind(socket, address.data(), address.size()) != 0)
      fail_call(errno, "bind unix://" + path);
  }
  if (!is_file) return;
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    const int error = errno;
    ::unlink(path.c_str());
    fail_call(error, "stat unix://" + path);
  }
  if (!S_ISSOCK(status.st_mode)) return;  // another process has replaced it: it is not ours
  path_ = std::move(own);
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

void SocketFile::adopt(const Address& address) {
  std::string path = address.path();
  struct stat status {};
  if (path.empty() || path.front() == '@' || ::lstat(path.c_str(), &status) != 0) return;
  if (!S_ISSOCK(status.st_mode)) return;
  path_ = std::move(path);
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

void SocketFile::remove() noexcept {
  if (path_.empty()) return;
  struct stat status {};
  // A successor may have put its own socket there meanwhile.
  if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  path_.clear();
}

}  // namespace sluice
