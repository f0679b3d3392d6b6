#include "process_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <string>

#include "../../reactor/base/fd.h"

namespace sluice::tools {
namespace {

// The file stays open, because a process in an empty root does not find it.
int memory_file() {
  static const Fd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  return file.get();
}

}  // namespace

void open_process_files() { (void)memory_file(); }

std::optional<std::uint64_t> resident_bytes() {
  std::array<char, 128> text{};
  const ssize_t count = ::pread(memory_file(), text.data(), text.size() - 1, 0);
  if (count <= 0) return std::nullopt;
  std::istringstream file(text.data());
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  if (!(file >> total >> resident)) return std::nullopt;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Since Linux 6.2 the size of the folder is the number of its entries. To count thousands of them
// would hold up a turn. Not kept open: with a folder, a process could leave its root.
std::optional<std::uint64_t> open_descriptors(pid_t process) {
  struct stat status {};
  const std::string folder = "/proc/" + std::to_string(process) + "/fd";
  if (::stat(folder.c_str(), &status) != 0 || status.st_size <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace sluice::tools
