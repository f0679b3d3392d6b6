#include "list_line.h"

#include <algorithm>
#include <string>

#include "usage_error.h"

namespace sluice::tools {
namespace {

constexpr std::string_view kBlank = " \t\r\v\f";

void read_words(std::string_view line, const std::function<void(std::string_view)>& use,
                Comments comments) {
  if (comments == Comments::anywhere) line = line.substr(0, line.find('#'));
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    if (line.empty() || line.front() == '#') return;
    const std::size_t end = std::min(line.find_first_of(kBlank), line.size());
    use(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// Editors put one there, unseen; the first word would be quoted as if it were wrong.
void refuse_mark(std::string_view first_line) {
  const char* found = nullptr;
  if (first_line.starts_with("\xef\xbb\xbf")) found = "a byte-order mark";
  if (first_line.starts_with("\xff\xfe") || first_line.starts_with("\xfe\xff")) {
    found = "the byte-order mark of UTF-16";
  }
  if (found == nullptr) return;
  throw UsageError(std::string("begins with ") + found +
                   "; allowed: text in ASCII or UTF-8 without a byte-order mark");
}

}  // namespace

void read_list_line(std::string_view line, std::uint64_t number,
                    const std::function<void(std::string_view word)>& use, Comments comments) {
  if (number == 1) refuse_mark(line);
  read_words(line, use, comments);
}

}  // namespace sluice::tools
