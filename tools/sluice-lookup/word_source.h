// The words of a run, one after the other: those of the command line, then those of lists.
//
// What it is: a list is a file, or the standard input ("-"), with words between white space and
// comments after "#". It is read as it is needed, so that its length does not matter. A file is
// read while the caller waits; the standard input is read by the loop, and the caller is called
// when more is there.
// Lifetime: must be destroyed before its loop. Thread: the loop's.
// Errors: the constructor throws UsageError for a file that cannot be opened; next() throws it for
// one that cannot be read, for a line longer than ListFile::kMaxLine, and for a byte-order mark.
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_WORD_SOURCE_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_WORD_SOURCE_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../common/list_file.h"
#include "../common/terminal/line_input.h"

namespace sluice::tools::lookup {

class WordSource {
 public:
  static constexpr std::size_t kMaxWaiting = 8192;  // words of the standard input that were read

  struct Word {
    std::string text;
    std::string where;  // "names.txt:3: "; empty on the command line
  };

  // `more` runs in callbacks of the loop when next() may have a word again.
  WordSource(Loop& loop, std::vector<std::string> words, const std::vector<std::string>& lists,
             std::function<void()> more);

  // Nothing if there is none now.
  std::optional<Word> next();
  [[nodiscard]] bool ended() const noexcept { return waiting_.empty() && lists_.empty(); }
  // The standard input, if a user types words on a terminal; else null.
  [[nodiscard]] LineInput* terminal() noexcept;

 private:
  void read_standard_input();
  void add_word(std::string_view word);

  Loop& loop_;
  std::function<void()> more_;
  std::deque<Word> waiting_;
  std::deque<ListFile> lists_;  // the first one is being read
  std::string failure_;         // of the standard input
  std::optional<LineInput> input_;
};

}  // namespace sluice::tools::lookup

#endif
