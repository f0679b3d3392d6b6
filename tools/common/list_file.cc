#include "list_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "usage_error.h"

namespace sluice::tools {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::string_view kBlank = " \t\r\v\f";

void use_words(std::string_view line, const ListFile::Use& use, Comments comments) {
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

ListFile::ListFile(const std::string& file, Comments comments)
    : name_(file == "-" ? "standard input" : escape(file, kMaxQuoted)), comments_(comments) {
  if (file == "-") return;
  file_ = Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file_) fail(errno);
}

void ListFile::fail(int error) const {
  throw UsageError(name_ + ": " + std::generic_category().message(error));
}

std::string ListFile::where() const { return name_ + ':' + std::to_string(lines_) + ": "; }

bool ListFile::read(const Use& use) {
  std::array<char, kReadSize> buffer;
  const ssize_t count =
      ::read(is_standard_input() ? STDIN_FILENO : file_.get(), buffer.data(), buffer.size());
  if (count < 0) {
    if (errno == EINTR) return true;
    fail(errno);
  }
  if (count == 0) {
    if (!rest_.empty()) add_line(std::exchange(rest_, {}), use);
    return false;
  }
  rest_.append(buffer.data(), static_cast<std::size_t>(count));
  std::size_t start = 0;
  for (std::size_t end = 0; (end = rest_.find('\n', start)) != rest_.npos; start = end + 1) {
    add_line(std::string_view(rest_).substr(start, end - start), use);
  }
  rest_.erase(0, start);
  if (rest_.size() > kMaxLine) {
    ++lines_;
    throw UsageError(where() + "a line is longer than " + std::to_string(kMaxLine) + " bytes");
  }
  return true;
}

void ListFile::add_line(std::string_view line, const Use& use) {
  ++lines_;
  try {
    if (lines_ == 1) refuse_mark(line);
    use_words(line, use, comments_);
  } catch (const UsageError& error) {
    throw UsageError(where() + error.what());
  }
}

void read_list(const std::string& file, const ListFile::Use& use, Comments comments) {
  ListFile list(file, comments);
  while (list.read(use)) {
  }
}

}  // namespace sluice::tools
