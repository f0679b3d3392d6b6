#include "program_files.h"

#if defined(__linux__)
#include <link.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstddef>
#include <new>
#include <span>
#include <utility>
#endif

namespace sluice::tools::daemon {

#if defined(__linux__)
namespace {

struct Objects {
  std::vector<ProgramFile> files;
  bool out_of_memory = false;
};

void add_files(const dl_phdr_info& object, std::vector<ProgramFile>& files) {
  if (object.dlpi_name != nullptr && object.dlpi_name[0] == '/') {
    files.push_back({object.dlpi_name, false});
  }
  for (const auto& header : std::span(object.dlpi_phdr, object.dlpi_phnum)) {
    if (header.p_type != PT_INTERP) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): where the kernel has loaded it
    files.push_back({reinterpret_cast<const char*>(object.dlpi_addr + header.p_vaddr), true});
  }
}

// Called by C, through which nothing may be thrown: for the program first, then for each library.
int add_object(dl_phdr_info* object, std::size_t /*size*/, void* data) noexcept {
  auto& objects = *static_cast<Objects*>(data);
  try {
    add_files(*object, objects.files);
    return 0;
  } catch (const std::bad_alloc&) {
    objects.out_of_memory = true;
    return 1;
  }
}

}  // namespace

std::vector<ProgramFile> program_files() {
  Objects objects;
  std::array<char, PATH_MAX> self{};
  const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size());
  if (size > 0) objects.files.push_back({{self.data(), static_cast<std::size_t>(size)}, true});
  ::dl_iterate_phdr(add_object, &objects);
  if (objects.out_of_memory) throw std::bad_alloc();
  return std::move(objects.files);
}

#else

std::vector<ProgramFile> program_files() { return {}; }

#endif

}  // namespace sluice::tools::daemon
