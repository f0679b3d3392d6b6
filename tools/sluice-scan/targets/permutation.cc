#include "permutation.h"

#include <bit>
#include <cassert>

namespace sluice::tools::scan {
namespace {

// The finaliser of SplitMix64: every bit of the result depends on every bit of `value`.
std::uint64_t mix(std::uint64_t value) noexcept {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9;
  value ^= value >> 27;
  value *= 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

// What is computed here is a promise: a scan that was interrupted goes on with it, and the shards
// of one scan run different releases.
Permutation::Permutation(std::uint64_t size, std::uint64_t seed) noexcept : size_(size) {
  const auto bits = static_cast<unsigned>(std::bit_width(size < 2 ? size : size - 1));
  half_bits_ = bits < 2 ? 1 : (bits + 1) / 2;
  half_mask_ = (std::uint64_t{1} << half_bits_) - 1;
  for (std::uint64_t& key : keys_) {
    seed += 0x9e3779b97f4a7c15;
    key = mix(seed);
  }
}

std::uint64_t Permutation::at(std::uint64_t position) const noexcept {
  assert(position < size_);
  std::uint64_t number = position;
  // The network permutes a range of up to four times the size. It is walked from a number of ours
  // along its cycle, which comes back into range at that number at the latest.
  do {
    std::uint64_t left = number >> half_bits_;
    std::uint64_t right = number & half_mask_;
    for (const std::uint64_t key : keys_) {
      const std::uint64_t next = left ^ (mix(right + key) & half_mask_);
      left = right;
      right = next;
    }
    number = left << half_bits_ | right;
  } while (number >= size_);
  return number;
}

}  // namespace sluice::tools::scan
