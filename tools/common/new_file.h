// A file that appears under its name when it is complete, or not at all.
//
// What it is: a temporary file in the same directory, which is written, synchronized with the disk
// (fsync) and then renamed. Without keep() the destructor removes it, also while an exception
// unwinds. A program that SIGKILL terminates leaves the temporary file, .sluice-XXXXXXXX.
// An existing regular file is replaced as a whole, if that is allowed, by one with the mode of a
// new file. Anything else (a device, a directory, a symbolic link) is an error, EEXIST or EINVAL,
// and does not change.
// Lifetime: none. Thread: any. Errors: std::system_error that names the file; EBADF after keep().
// Source: POSIX.1-2017 rename(), link().
#ifndef SLUICE_TOOLS_COMMON_NEW_FILE_H
#define SLUICE_TOOLS_COMMON_NEW_FILE_H

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "../../reactor/base/fd.h"

namespace sluice::tools {

class NewFile {
 public:
  enum class Existing : std::uint8_t { kept, replaced };

  // The umask applies to `mode`.
  NewFile(std::string name, Existing existing, mode_t mode = 0666);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  // Whether the caller has synchronized the bytes with the disk.
  enum class Disk : std::uint8_t { unknown, has_it };

  void write(std::string_view bytes);
  // REQUIRES: before keep().
  [[nodiscard]] int descriptor() const noexcept { return file_.get(); }
  // Gives the file its name. A file that appeared there meanwhile counts as an existing one.
  void keep(Disk disk = Disk::unknown);
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  // The steps of the same for a caller that writes a file under another name. Both throw what the
  // class throws.
  // Whether a new file may get the name.
  static void check_name(const std::string& name, Existing existing);
  // Gives `file`, which is complete, the name instead of its own.
  static void rename(const std::string& file, const std::string& name, Existing existing);

 private:
  void create(mode_t mode);

  std::string name_;
  std::string temporary_;  // empty when there is none
  Existing existing_;
  Fd file_;
};

}  // namespace sluice::tools

#endif
