#include "new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>
#include <utility>

#include "../../reactor/base/text/quote.h"

namespace sluice::tools {
namespace {

constexpr int kTries = 100;  // names that are taken already

std::string random_letters() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string letters;
  for (int i = 0; i < 8; ++i) letters += kLetters[random() % kLetters.size()];
  return letters;
}

}  // namespace

NewFile::NewFile(std::string name, Existing existing, mode_t mode)
    : name_(std::move(name)), existing_(existing) {
  check_name();  // before anything is fetched for it
  create(mode);
}

NewFile::~NewFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void NewFile::fail(int error, const char* why) const {
  throw std::system_error(error, std::generic_category(), "file " + quote(name_) + why);
}

void NewFile::check_name() const {
  struct stat status {};
  if (::lstat(name_.c_str(), &status) < 0) {
    if (errno == ENOENT) return;
    fail(errno);
  }
  if (existing_ == Existing::kept) fail(EEXIST);
  // Renamed over, a device or a link would be gone for everybody.
  if (S_ISDIR(status.st_mode)) fail(EISDIR);
  if (!S_ISREG(status.st_mode)) fail(EINVAL, " is not a regular file");
}

void NewFile::create(mode_t mode) {
  const std::size_t slash = name_.rfind('/');
  const std::string directory = slash == name_.npos ? "" : name_.substr(0, slash + 1);
  for (int i = 0; i < kTries; ++i) {
    std::string temporary = directory + ".sluice-" + random_letters();
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0) {
      file_ = Fd(fd);
      temporary_ = std::move(temporary);
      return;
    }
    if (errno != EEXIST) fail(errno);
  }
  fail(EEXIST);
}

void NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      fail(errno);
    }
  }
}

void NewFile::keep(Disk disk) {
  // Else a crash of the system could leave the name with a part of the bytes.
  const bool must_sync = disk == Disk::unknown;
  if (must_sync && ::fsync(file_.get()) < 0 && errno != EINVAL && errno != ENOTSUP) fail(errno);
  // Some file systems tell only here that there was no room.
  if (::close(file_.release()) < 0 && errno != EINTR) fail(errno);
  check_name();
  if (existing_ == Existing::kept) return link_or_refuse();
  if (::rename(temporary_.c_str(), name_.c_str()) < 0) fail(errno);
  temporary_.clear();
}

// rename() would replace a file that came after the check; link() refuses to.
void NewFile::link_or_refuse() {
  if (::link(temporary_.c_str(), name_.c_str()) == 0) return;  // the destructor removes the other
  // File systems without links (FAT): the check has to do.
  if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK) fail(errno);
  if (::rename(temporary_.c_str(), name_.c_str()) < 0) fail(errno);
  temporary_.clear();
}

}  // namespace sluice::tools
