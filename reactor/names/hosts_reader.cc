#include "hosts_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sluice {
namespace {

// A file system may round times to the kernel's tick.
constexpr std::int64_t kTick = 50'000'000;

std::int64_t nanoseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t wall_clock() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

bool is_short_of_something(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR;
}

}  // namespace

HostsReader::Identity HostsReader::identity_of(const struct stat& status) noexcept {
  return {.device = static_cast<std::uint64_t>(status.st_dev),
          .inode = static_cast<std::uint64_t>(status.st_ino),
          .size = static_cast<std::int64_t>(status.st_size),
          .changed = nanoseconds(status.st_mtim),
          .touched = nanoseconds(status.st_ctim)};
}

bool HostsReader::refresh() {
  if (!reading_ && is_known()) return true;
  try {
    return read_slice();
  } catch (...) {
    reading_.reset();
    throw;
  }
}

// Returns true if the index is current. Otherwise opens the file to read it.
bool HostsReader::is_known() noexcept {
  struct stat status {};
  const bool is_there = ::stat(path_.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  const Identity found = is_there ? identity_of(status) : Identity{};
  if (known_ && *known_ == found) return true;

  // O_NONBLOCK: if the path has become a FIFO or a device by now, open() must not block.
  Fd fd(is_there ? ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1);
  if (is_there && !fd && is_short_of_something(errno)) return true;
  known_.reset();
  if (fd && (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))) fd.reset();
  const Identity identity = fd ? identity_of(status) : Identity{};
  const std::int64_t age = wall_clock() - std::max(identity.changed, identity.touched);
  reading_.emplace(
      Reading{.fd = std::move(fd), .identity = identity, .is_settled = age < 0 || age > kTick});
  return false;
}

bool HostsReader::read_slice() {
  Reading& reading = *reading_;
  if (!reading.is_old_freed) {
    if (!file_.dismantle(kNamesFreed)) return false;
    file_ = HostsFile();
    reading.is_old_freed = true;
  }
  std::array<char, kSlice> slice;
  const ssize_t size = reading.fd ? ::read(reading.fd.get(), slice.data(), slice.size()) : 0;
  if (size < 0 && errno == EINTR) return false;
  if (size > 0) {
    file_.read({slice.data(), static_cast<std::size_t>(size)});
    reading.bytes += static_cast<std::size_t>(size);
    if (reading.bytes < kMaxBytes) return false;
  }
  file_.finish();
  if (reading.is_settled) known_ = reading.identity;
  reading_.reset();
  return true;
}

}  // namespace sluice
