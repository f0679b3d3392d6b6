#include "injector.h"

#include <dirent.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace sluice::faults {
namespace {

Page* the_page = nullptr;
std::atomic<bool> counting{false};
std::atomic<std::int64_t> blocks{0};
bool traces = false;  // SLUICE_FAULTS_TRACE: to say where the fault was struck
// Not by way of the loader, which would allocate it, and ask here for the memory.
__attribute__((tls_model("initial-exec"))) thread_local int exempt = 0;

struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  [[nodiscard]] bool holds(const void* place) const noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(place);
    return at >= begin && at < end;
  }
};
Range libev;
Range loader;

int find_ranges(dl_phdr_info* info, std::size_t /*size*/, void* /*data*/) {
  const std::string_view name = info->dlpi_name != nullptr ? info->dlpi_name : "";
  Range* range = nullptr;
  if (name.find("/libev.so") != name.npos) range = &libev;
  if (name.find("/ld-linux") != name.npos || name.find("/ld-musl") != name.npos) range = &loader;
  if (range == nullptr) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = info->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
    range->begin = info->dlpi_addr + part.p_vaddr;
    range->end = range->begin + part.p_memsz;
  }
  return 0;
}

#ifdef SLUICE_FAULTS_SANITIZED
// A sanitizer's own functions of these names stand before this library's: who called those?
const void* caller_of_sanitizer(Call call, const void* caller) noexcept {
  if (call != Call::read && call != Call::write && call != Call::poll) return caller;
  std::array<void*, 8> frames{};
  const int count = ::backtrace(frames.data(), frames.size());
  for (int i = 0; i + 1 < count; ++i) {
    if (frames[static_cast<std::size_t>(i)] == caller) {
      return frames[static_cast<std::size_t>(i) + 1];
    }
  }
  return caller;
}
#else
const void* caller_of_sanitizer(Call /*call*/, const void* caller) noexcept { return caller; }
#endif

Origin origin_of(Call call, const void* caller) noexcept {
  if (libev.holds(caller) || libev.holds(caller_of_sanitizer(call, caller))) return Origin::libev;
  return loader.holds(caller) ? Origin::loader : Origin::program;
}

// Runs before any code of the program, and before its children begin to count.
__attribute__((constructor)) void begin() {
  ::dl_iterate_phdr(find_ranges, nullptr);
  traces = std::getenv("SLUICE_FAULTS_TRACE") != nullptr;
  if (traces) {
    std::array<void*, 1> first;  // it allocates the first time
    (void)::backtrace(first.data(), first.size());
  }
  const char* path = std::getenv("SLUICE_FAULTS");
  if (path == nullptr) return;
  // The plain system calls, because the functions of these names are this library's own.
  const auto fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC));
  if (fd < 0) std::abort();
  void* page = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::syscall(SYS_close, fd);
  if (page == MAP_FAILED) std::abort();
  the_page = static_cast<Page*>(page);
}

}  // namespace

bool counts_here() noexcept { return counting.load(std::memory_order_relaxed) && exempt == 0; }

Verdict judge(Call call, int descriptor, const void* caller, bool short_allowed) noexcept {
  if (!counts_here()) return {};
  Page& page = *the_page;
  if (page.domain != (call == Call::malloc ? Domain::memory : Domain::system)) return {};
  std::span<const int> errors = errors_of(call, origin_of(call, caller));
  if (!errors.empty() && errors.front() == kShort && !short_allowed) errors = errors.subspan(1);
  if (errors.empty()) return {};
  const std::uint64_t number = std::atomic_ref(page.seen).fetch_add(1) + 1;
  if (number != page.nth) return {};
  page.call = static_cast<std::uint64_t>(call);
  page.variants = errors.size();
  page.descriptor = descriptor;
  const std::uint64_t variant = page.wrap != 0 ? page.variant % errors.size() : page.variant;
  if (variant >= errors.size()) return {};
  page.error = static_cast<std::uint64_t>(errors[variant]);
  page.struck = 1;
  if (traces) {
    std::array<void*, 32> frames;
    ::backtrace_symbols_fd(frames.data(), ::backtrace(frames.data(), frames.size()), STDERR_FILENO);
  }
  return {.struck = true, .error = errors[variant]};
}

void use_page(Page* page) noexcept { the_page = page; }
void start_counting() noexcept { counting = the_page != nullptr; }
void stop_counting() noexcept { counting = false; }

std::int64_t live_blocks() noexcept { return blocks; }
void count_block(std::int64_t change) noexcept {
  blocks.fetch_add(change, std::memory_order_relaxed);
}

std::int64_t open_descriptors() noexcept {
  std::int64_t count = 0;
  for (int fd = 0; fd < 256; ++fd) count += ::syscall(SYS_fcntl, fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

void after_write(int descriptor, const void* bytes, std::size_t size) noexcept {
  constexpr std::string_view kReady = "ready\n";
  if (the_page == nullptr || the_page->after_ready == 0 || descriptor != STDOUT_FILENO) return;
  if (std::string_view(static_cast<const char*>(bytes), size).ends_with(kReady)) start_counting();
}

Exempt::Exempt() noexcept { ++exempt; }
Exempt::~Exempt() { --exempt; }

namespace {

using Main = int (*)(int, char**, char**);
Main the_main = nullptr;

int counted_main(int argc, char** argv, char** environment) {
  if (the_page == nullptr) return the_main(argc, argv, environment);
  if (the_page->after_ready == 0) start_counting();
  const std::int64_t before = live_blocks();
  const int status = the_main(argc, argv, environment);
  stop_counting();
  the_page->blocks = live_blocks() - before;
  the_page->descriptors = open_descriptors();
  the_page->ended = 1;
  return status;
}

}  // namespace
}  // namespace sluice::faults

// NOLINTNEXTLINE(bugprone-reserved-identifier): it is the C library's own, which calls main()
extern "C" int __libc_start_main(sluice::faults::Main main, int argc, char** argv, void (*init)(),
                                 void (*fini)(), void (*loader_fini)(), void* stack_end) {
  using Start =
      int (*)(sluice::faults::Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  const auto real = reinterpret_cast<Start>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  sluice::faults::the_main = main;
  return real(sluice::faults::counted_main, argc, argv, init, fini, loader_fini, stack_end);
}
