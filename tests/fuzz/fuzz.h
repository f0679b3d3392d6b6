// What the fuzz targets share. A target is one function over bytes that somebody hostile chose; it
// aborts when something that must hold does not. libFuzzer searches for such bytes (make fuzz);
// replay.cc shows it those that were kept (make test).
#ifndef SLUICE_TESTS_FUZZ_FUZZ_H
#define SLUICE_TESTS_FUZZ_FUZZ_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <utility>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace sluice::fuzz {

// Also without assertions, and with the place: the input that is being tried is kept by libFuzzer.
#define SLUICE_MUST(condition)                                                            \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

// The input as a row of choices; when it is used up, every further choice is 0.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) noexcept : left_(data, size) {}

  [[nodiscard]] bool done() const noexcept { return left_.empty(); }
  // One of `below` values. REQUIRES: 0 < below <= 65536.
  std::size_t any(std::size_t below) noexcept {
    std::size_t value = byte();
    if (below > 256) value = value << 8 | byte();
    return value % below;
  }
  [[nodiscard]] std::string_view rest() noexcept {
    const auto all = std::exchange(left_, {});
    return {reinterpret_cast<const char*>(all.data()), all.size()};
  }

 private:
  std::uint8_t byte() noexcept {
    if (left_.empty()) return 0;
    const std::uint8_t first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }
  std::span<const std::uint8_t> left_;
};

}  // namespace sluice::fuzz

#endif
