// That the daemon gives back what is free in its heap, also below a block that is not.
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <memory>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluiced/spare_memory.h"
#include <sluice/loop.h>

using sluice::tools::daemon::SpareMemory;

namespace {

constexpr std::size_t kMebibyte = 1024 * 1024;

std::size_t resident() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Full chunks of an output queue's size; what is returned lies above them all.
std::unique_ptr<char[]> fill_and_free(std::size_t bytes) {
  constexpr std::size_t kChunk = 16 * 1024;
  std::vector<std::unique_ptr<char[]>> chunks(bytes / kChunk);
  for (auto& chunk : chunks) chunk = std::make_unique<char[]>(kChunk);
  return std::make_unique<char[]>(64);
}

}  // namespace

Test(spare_memory, is_given_back_within_a_minute_though_something_lies_above_it) {
  sluice::LoopOptions options;
  options.virtual_time = true;
  sluice::Loop loop(options);
  const SpareMemory spare(loop);
  for (int burst = 0; burst < 2; ++burst) {
    const auto above = fill_and_free(64 * kMebibyte);
    const std::size_t held = resident();
    loop.advance(SpareMemory::kEvery - std::chrono::milliseconds(1));
    cr_expect(resident() > held - 8 * kMebibyte, "burst %d: not by this", burst);
    loop.advance(std::chrono::milliseconds(1));
    cr_expect(resident() < held - 48 * kMebibyte, "burst %d: %zu, held %zu", burst, resident(),
              held);
  }
}
