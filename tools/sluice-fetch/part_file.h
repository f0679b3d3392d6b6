// A file that is fetched in parts, over several runs: FILE.part, until it is complete.
//
// What it is: the bytes so far, and beside them, in FILE.part.id, the validator of the version that
// they belong to: an ETag, or a date. Without a validator, nobody can know whether the rest is of
// the same version, and the next run begins anew. A complete file gets its name as with NewFile.
// Lifetime: the destructor leaves both files, unless there is nothing to continue from. While it
// exists, no other process can open the same part. Thread: any.
// Errors: std::system_error that names the file: EEXIST or EINVAL as NewFile, EBUSY if another
// process has it.
#ifndef SLUICE_TOOLS_SLUICE_FETCH_PART_FILE_H
#define SLUICE_TOOLS_SLUICE_FETCH_PART_FILE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../reactor/base/fd.h"
#include "../common/new_file.h"

namespace sluice::tools::fetch {

class PartFile {
 public:
  static constexpr std::size_t kMaxValidator = 1024;  // bytes

  PartFile(std::string name, NewFile::Existing existing);
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // Empty if there is nothing to continue from.
  [[nodiscard]] const std::string& validator() const noexcept { return validator_; }

  // Throws the bytes away. A validator that is too long, or has a line feed, counts as none.
  void restart(std::string_view validator);
  void write(std::string_view bytes);
  void keep();

 private:
  [[noreturn]] void fail(int error, const std::string& name, const char* why = "") const;
  void read_validator();

  std::string name_;
  std::string part_;
  std::string id_;
  NewFile::Existing existing_;
  Fd file_;
  std::uint64_t size_ = 0;
  std::string validator_;
};

}  // namespace sluice::tools::fetch

#endif
