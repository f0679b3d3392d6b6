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
#include "write_all.h"

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

[[noreturn]] void fail(int error, const std::string& name, const char* why = "") {
  throw std::system_error(error, std::generic_category(), "file " + quote(name) + why);
}

// Returns false where the file system has no links, such as FAT.
bool link_file(const std::string& file, const std::string& name) {
  if (::link(file.c_str(), name.c_str()) == 0) return true;
  if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK) fail(errno, name);
  return false;
}

}  // namespace

NewFile::NewFile(std::string name, Existing existing, mode_t mode)
    : name_(std::move(name)), existing_(existing) {
  check_name(name_, existing_);  // before anything is fetched for it
  create(mode);
}

NewFile::~NewFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void NewFile::check_name(const std::string& name, Existing existing) {
  struct stat status {};
  if (::lstat(name.c_str(), &status) < 0) {
    if (errno == ENOENT) return;
    fail(errno, name);
  }
  if (existing == Existing::kept) fail(EEXIST, name);
  // Renamed over, a device or a link would be gone for everybody.
  if (S_ISDIR(status.st_mode)) fail(EISDIR, name);
  if (!S_ISREG(status.st_mode)) fail(EINVAL, name, " is not a regular file");
}

void NewFile::rename(const std::string& file, const std::string& name, Existing existing) {
  check_name(name, existing);
  // rename() would replace a file that came after the check; link() refuses to. Without links the
  // check has to do.
  if (existing == Existing::kept && link_file(file, name)) {
    ::unlink(file.c_str());
  } else if (::rename(file.c_str(), name.c_str()) < 0) {
    fail(errno, name);
  }
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
    if (errno != EEXIST) fail(errno, name_);
  }
  fail(EEXIST, name_);
}

void NewFile::write(std::string_view bytes) {
  if (write_all(file_.get(), bytes) < bytes.size()) fail(errno, name_);
}

void NewFile::keep(Disk disk) {
  // Else a crash of the system could leave the name with a part of the bytes.
  const bool must_sync = disk == Disk::unknown;
  if (must_sync && ::fsync(file_.get()) < 0 && errno != EINVAL && errno != ENOTSUP) {
    fail(errno, name_);
  }
  // Some file systems report only here that there was no room.
  if (::close(file_.release()) < 0 && errno != EINTR) fail(errno, name_);
  rename(temporary_, name_, existing_);
  temporary_.clear();
}

}  // namespace sluice::tools
