#include "open_log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include "../../../reactor/base/text/quote.h"

namespace sluice::tools::daemon {
namespace {

constexpr mode_t kLogMode = 0640;

[[noreturn]] void fail(int error, const std::string& path) {
  throw std::system_error(error, std::generic_category(), "log " + quote(path));
}

Fd open_file(const std::string& path) {
  // O_NONBLOCK, because a FIFO without a reader must not wait; O_NOFOLLOW, because as root a link
  // in somebody else's folder could lead anywhere.
  Fd file(::open(path.c_str(),
                 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                 kLogMode));
  if (!file) fail(errno, path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(errno, path);
  if (!S_ISREG(status.st_mode)) {
    throw std::system_error(EINVAL, std::generic_category(),
                            "log " + quote(path) + " is not a regular file");
  }
  return file;
}

Fd connect_syslog(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail(ENAMETOOLONG, path);
  std::memcpy(static_cast<char*>(address.sun_path), path.c_str(), path.size() + 1);
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!socket) fail(errno, path);
  set_nonblocking_cloexec(socket.get());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail(errno, path);
  }
  return socket;
}

}  // namespace

Fd open_log(const LogTarget& target) {
  switch (target.kind) {
    case LogTarget::Kind::file:
      return open_file(target.path);
    case LogTarget::Kind::syslog:
      return connect_syslog(target.path);
    case LogTarget::Kind::standard_error:
      break;
  }
  return {};
}

bool is_journal(int descriptor) noexcept {
  const char* const text = std::getenv("JOURNAL_STREAM");
  if (text == nullptr) return false;
  const char* const end = text + std::strlen(text);
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  const auto first = std::from_chars(text, end, device);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') return false;
  const auto second = std::from_chars(first.ptr + 1, end, inode);
  if (second.ec != std::errc() || second.ptr != end) return false;
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

}  // namespace sluice::tools::daemon
