// Lists of words, such as the targets of a scan or the names of a lookup: a file, or the standard
// input, with one word or more on a line.
//
// What it is: the words between white space, without the comments after "#". A list is read in
// pieces, so that its length does not matter.
// Errors: UsageError that names the file, and the line if a line is wrong: the file cannot be read
// or begins with a byte-order mark, a line is longer than kMaxLine, or `use` throws UsageError.
// Thread: any. The constructor and read() wait for the file.
#ifndef SLUICE_TOOLS_COMMON_LIST_FILE_H
#define SLUICE_TOOLS_COMMON_LIST_FILE_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "../../reactor/base/fd.h"

namespace sluice::tools {

// Where a comment may begin: URLs contain a "#" themselves.
enum class Comments : std::uint8_t { anywhere, between_words };

class ListFile {
 public:
  static constexpr std::size_t kMaxLine = 64 * 1024;  // bytes

  using Use = std::function<void(std::string_view word)>;

  // "-" is the standard input.
  explicit ListFile(const std::string& file, Comments comments = Comments::anywhere);

  // Reads a piece and uses the words of its lines. Returns false at the end of the list.
  bool read(const Use& use);
  // For an owner that reads the standard input itself: uses the words of one whole line.
  void add_line(std::string_view line, const Use& use);

  [[nodiscard]] bool is_standard_input() const noexcept { return !file_; }
  // "names.txt:3: ", of the line that is being used.
  [[nodiscard]] std::string where() const;

 private:
  [[noreturn]] void fail(int error) const;

  std::string name_;  // for messages
  Comments comments_;
  Fd file_;           // none: the standard input
  std::string rest_;  // read, and without the end of its line
  std::uint64_t lines_ = 0;
};

// Reads the whole list.
void read_list(const std::string& file, const ListFile::Use& use,
               Comments comments = Comments::anywhere);

}  // namespace sluice::tools

#endif
