#include "list_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "../../reactor/base/fd.h"
#include "../../reactor/base/text/quote.h"
#include "usage_error.h"

namespace sluice::tools {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;

}  // namespace

void read_list(const std::string& file, const std::function<void(std::string_view word)>& use,
               Comments comments) {
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
      read_list_line(line, number, use, comments);
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
    if (waiting.size() > kMaxListLine) {
      throw UsageError(name + ':' + std::to_string(number + 1) + ": a line is longer than " +
                       std::to_string(kMaxListLine) + " bytes");
    }
  }
  if (!waiting.empty()) take(waiting);
}

}  // namespace sluice::tools
