// SplitMix64: a small generator of pseudo-random numbers, and the mixing function in it.
//
// What it is: values. The same seed gives the same numbers on every machine, and scans that were
// interrupted depend on that, so the constants never change. Not for secrets.
// Thread: one at a time.
// Source: G. Steele, D. Lea, C. Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
#ifndef SLUICE_REACTOR_BASE_SPLIT_MIX64_H
#define SLUICE_REACTOR_BASE_SPLIT_MIX64_H

#include <cstdint>

namespace sluice {

// 2^64 divided by the golden ratio, odd: its multiples spread over all 64 bits.
inline constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;

// A bijection in which every bit of the result depends on every bit of `value`.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t value) noexcept {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

class SplitMix64 {
 public:
  explicit constexpr SplitMix64(std::uint64_t seed) noexcept : state_(seed) {}
  constexpr std::uint64_t next() noexcept { return mix64(state_ += kGoldenGamma); }

 private:
  std::uint64_t state_;
};

}  // namespace sluice

#endif
