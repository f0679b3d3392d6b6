#include "small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "../../../reactor/base/fd.h"
#include "../../../reactor/base/text/quote.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {

std::string read_small_file(const std::string& path, std::size_t most, std::string_view what) {
  const auto fail = [&path](int error) {
    throw std::system_error(error, std::generic_category(), path);
  };
  // O_NONBLOCK: a FIFO without a writer would hold the caller up.
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) fail(errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(errno);
  if (S_ISDIR(status.st_mode)) fail(EISDIR);
  std::string text(most + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  if (size <= most) return text;
  throw UsageError(std::string(what) + ' ' + quote(path) + " has more than " +
                   std::to_string(most) + " bytes");
}

}  // namespace sluice::tools::daemon
