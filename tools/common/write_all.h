// Writes a whole text to a descriptor that blocks: a pipe, a file.
//
// Thread: any. Errors: std::system_error (the errno of write()).
#ifndef SLUICE_TOOLS_COMMON_WRITE_ALL_H
#define SLUICE_TOOLS_COMMON_WRITE_ALL_H

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace sluice::tools {

inline void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw std::system_error(errno, std::generic_category(), "write");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace sluice::tools

#endif
