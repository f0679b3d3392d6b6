#include "part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/write_all.h"

namespace sluice::tools::fetch {

PartFile::PartFile(std::string name, NewFile::Existing existing)
    : name_(std::move(name)), part_(name_ + ".part"), id_(part_ + ".id"), existing_(existing) {
  NewFile::check_name(name_, existing_);  // before anything is fetched for it
  // A link that somebody else has put there could lead anywhere.
  file_ = Fd(::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666));
  if (!file_) fail(errno, part_);
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) fail(errno, part_);
  if (!S_ISREG(status.st_mode)) fail(EINVAL, part_, " is not a regular file");
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    fail(errno == EWOULDBLOCK ? EBUSY : errno, part_);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  if (size_ > 0) read_validator();
  if (validator_.empty() && size_ > 0) restart({});
  if (::lseek(file_.get(), 0, SEEK_END) < 0) fail(errno, part_);
}

PartFile::~PartFile() {
  if (!file_ || (size_ > 0 && !validator_.empty())) return;
  ::unlink(part_.c_str());
  ::unlink(id_.c_str());
}

void PartFile::fail(int error, const std::string& name, const char* why) const {
  throw std::system_error(error, std::generic_category(), "file " + quote(name) + why);
}

void PartFile::read_validator() {
  const Fd file(::open(id_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return;
  std::array<char, kMaxValidator + 1> bytes{};
  const ssize_t count = ::read(file.get(), bytes.data(), bytes.size());
  if (count <= 0) return;
  const std::string_view text(bytes.data(), static_cast<std::size_t>(count));
  // A line feed shows that it was written whole.
  if (text.ends_with('\n')) validator_ = text.substr(0, text.size() - 1);
}

void PartFile::restart(std::string_view validator) {
  validator_.clear();
  ::unlink(id_.c_str());
  if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) != 0) {
    fail(errno, part_);
  }
  size_ = 0;
  if (validator.empty() || validator.size() >= kMaxValidator ||
      validator.find('\n') != validator.npos) {
    return;
  }
  const Fd file(::open(id_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  const std::string line = std::string(validator) + '\n';
  if (!file || write_all(file.get(), line) < line.size()) fail(errno, id_);
  validator_ = validator;
}

void PartFile::write(std::string_view bytes) {
  const std::size_t written = write_all(file_.get(), bytes);
  size_ += written;
  if (written < bytes.size()) fail(errno, part_);
}

void PartFile::keep() {
  if (::fsync(file_.get()) < 0 && errno != EINVAL && errno != ENOTSUP) fail(errno, part_);
  NewFile::rename(part_, name_, existing_);
  ::unlink(id_.c_str());
  file_.reset();
}

}  // namespace sluice::tools::fetch
