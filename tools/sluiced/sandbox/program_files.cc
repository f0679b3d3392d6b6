#include "program_files.h"

#if defined(__linux__)
#include <link.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstddef>
#include <span>
#endif

namespace sluice::tools::daemon {

#if defined(__linux__)
namespace {

// Called for the program first, and then for each library.
int add_object(dl_phdr_info* object, std::size_t /*size*/, void* data) {
  auto& files = *static_cast<std::vector<ProgramFile>*>(data);
  if (object->dlpi_name != nullptr && object->dlpi_name[0] == '/') {
    files.push_back({object->dlpi_name, false});
  }
  for (const auto& header : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
    if (header.p_type != PT_INTERP) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): where the kernel has loaded it
    files.push_back({reinterpret_cast<const char*>(object->dlpi_addr + header.p_vaddr), true});
  }
  return 0;
}

}  // namespace

std::vector<ProgramFile> program_files() {
  std::vector<ProgramFile> files;
  std::array<char, PATH_MAX> self{};
  const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size());
  if (size > 0) files.push_back({{self.data(), static_cast<std::size_t>(size)}, true});
  ::dl_iterate_phdr(add_object, &files);
  return files;
}

#else

std::vector<ProgramFile> program_files() { return {}; }

#endif

}  // namespace sluice::tools::daemon
