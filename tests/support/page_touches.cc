#include "page_touches.h"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace sluice::test {
namespace {

// Global, because the handler has no other way to find them.
std::byte* g_memory = nullptr;
std::size_t g_mapped = 0;
volatile std::size_t g_touched = 0;

std::size_t page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

void on_fault(int signal, siginfo_t* info, void*) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const auto first = reinterpret_cast<std::uintptr_t>(g_memory);
  if (address < first || address >= first + g_mapped) {
    ::signal(signal, SIG_DFL);  // not ours: the access is repeated, and ends the process
    return;
  }
  g_touched = g_touched + 1;
  const std::size_t page = page_size();
  ::mprotect(g_memory + (address - first) / page * page, page, PROT_READ);
}

}  // namespace

PageTouches::PageTouches(std::string_view contents)
    : memory_(nullptr),
      size_(contents.size()),
      mapped_((contents.size() + page_size() - 1) / page_size() * page_size()) {
  void* const memory =
      ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  memory_ = static_cast<std::byte*>(memory);
  std::memcpy(memory_, contents.data(), contents.size());
  g_memory = memory_;
  g_mapped = mapped_;
  g_touched = 0;
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGSEGV, &action, nullptr);
}

PageTouches::~PageTouches() {
  ::signal(SIGSEGV, SIG_DFL);
  ::munmap(memory_, mapped_);
}

std::size_t PageTouches::pages() const { return mapped_ / page_size(); }

void PageTouches::arm() { ::mprotect(memory_, mapped_, PROT_NONE); }

std::size_t PageTouches::count() const { return g_touched; }

}  // namespace sluice::test
