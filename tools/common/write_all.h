// Writes a whole text to a descriptor that blocks: a pipe, a file.
//
// Thread: any. Errors: the result.
#ifndef SLUICE_TOOLS_COMMON_WRITE_ALL_H
#define SLUICE_TOOLS_COMMON_WRITE_ALL_H

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

namespace sluice::tools {

// Returns how many bytes were written. If these are not all, errno is that of write().
[[nodiscard]] inline std::size_t write_all(int fd, std::string_view text) noexcept {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(fd, text.data() + written, text.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      break;
    }
  }
  return written;
}

}  // namespace sluice::tools

#endif
