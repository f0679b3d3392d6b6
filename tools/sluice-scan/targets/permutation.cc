#include "permutation.h"

#include <bit>
#include <cassert>

#include "../../../reactor/base/split_mix64.h"

namespace sluice::tools::scan {

// What is computed here is a promise: a scan that was interrupted goes on with it, and the shards
// of one scan run different releases.
Permutation::Permutation(std::uint64_t size, std::uint64_t seed) noexcept : size_(size) {
  const auto bits = static_cast<unsigned>(std::bit_width(size < 2 ? size : size - 1));
  half_bits_ = bits < 2 ? 1 : (bits + 1) / 2;
  half_mask_ = (std::uint64_t{1} << half_bits_) - 1;
  SplitMix64 numbers(seed);
  for (std::uint64_t& key : keys_) key = numbers.next();
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
      const std::uint64_t next = left ^ (mix64(right + key) & half_mask_);
      left = right;
      right = next;
    }
    number = left << half_bits_ | right;
  } while (number >= size_);
  return number;
}

}  // namespace sluice::tools::scan
