// A file that appears under its name when it is whole, or not at all.
//
// What it is: a temporary file in the directory of the name, written, brought to the disk (fsync)
// and then renamed. Not kept, it is removed: by the destructor, also while an exception unwinds.
// A program that is killed with SIGKILL leaves the temporary one, .sluice-XXXXXXXX.
// What stands under the name is replaced as a whole, by a file with the mode of a new one, when it
// is a regular file and that is allowed; anything else (a device, a directory, a symbolic link) is
// left alone and is an error, EEXIST or EINVAL.
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

  // `mode` is less the umask.
  NewFile(std::string name, Existing existing, mode_t mode = 0666);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  void write(std::string_view bytes);
  // Under its name now. One that came there meanwhile is treated as one that was there.
  void keep();
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  void check_name() const;
  void create(mode_t mode);
  void link_or_refuse();
  [[noreturn]] void fail(int error, const char* why = "") const;

  std::string name_;
  std::string temporary_;  // empty when there is none
  Existing existing_;
  Fd file_;
};

}  // namespace sluice::tools

#endif
