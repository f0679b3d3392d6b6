#include "target_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "../../../reactor/base/fd.h"
#include "../../../reactor/base/quote.h"
#include "../../common/usage_error.h"

namespace sluice::tools::scan {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::string_view kBlank = " \t\r\v\f";

void use_line(std::string_view line, const std::function<void(std::string_view)>& use) {
  line = line.substr(0, line.find('#'));
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    if (line.empty()) return;
    const std::size_t end = std::min(line.find_first_of(kBlank), line.size());
    use(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// Editors put one there, unseen; the first target would be quoted as if it were wrong.
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

void read_targets(const std::string& file,
                  const std::function<void(std::string_view target)>& use) {
  const bool standard = file == "-";
  const std::string name = standard ? "standard input" : escape(file, kMaxQuoted);
  const auto fail = [&name] {
    throw UsageError(name + ": " + std::generic_category().message(errno));
  };
  Fd opened(standard ? -1 : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!standard && !opened) fail();
  const int fd = standard ? STDIN_FILENO : opened.get();

  std::uint64_t number = 0;
  const auto take = [&](std::string_view line) {
    ++number;
    try {
      if (number == 1) refuse_mark(line);
      use_line(line, use);
    } catch (const UsageError& error) {
      throw UsageError(name + ':' + std::to_string(number) + ": " + error.what());
    }
  };
  std::string waiting;
  std::array<char, kReadSize> buffer;
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail();
    if (count == 0) break;
    waiting.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t start = 0;
    for (std::size_t end = 0; (end = waiting.find('\n', start)) != waiting.npos; start = end + 1) {
      take(std::string_view(waiting).substr(start, end - start));
    }
    waiting.erase(0, start);
    if (waiting.size() > kMaxTargetLine) {
      throw UsageError(name + ':' + std::to_string(number + 1) + ": a line is longer than " +
                       std::to_string(kMaxTargetLine) + " bytes");
    }
  }
  if (!waiting.empty()) take(waiting);
}

}  // namespace sluice::tools::scan
