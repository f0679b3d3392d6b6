// The numbers 0 … size-1 in an order that looks random and needs no memory.
//
// What it is: a value; a bijection on [0, size) chosen by a seed. at(i) is the i-th number of the
// order, so that a scan of very many targets visits neighbours far apart, stops anywhere and goes
// on from its position, and is split over several machines: machine i of n takes the positions
// i, i + n, i + 2n …
// Not a secret: who sees part of the order can work out the rest.
// Thread: a plain value. Cost: at() is a few multiplications, whatever the size.
// Source: J. Black, P. Rogaway, Ciphers with Arbitrary Finite Domains, 2002 (a Feistel network over
// the next power of four, walked until the number is in range).
#ifndef SLUICE_TOOLS_SLUICE_SCAN_TARGETS_PERMUTATION_H
#define SLUICE_TOOLS_SLUICE_SCAN_TARGETS_PERMUTATION_H

#include <cstdint>

namespace sluice::tools::scan {

class Permutation {
 public:
  // The same size and seed give the same order, on every machine and in every release.
  // A size of 0 is an empty order.
  Permutation(std::uint64_t size, std::uint64_t seed) noexcept;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // REQUIRES: position < size().
  [[nodiscard]] std::uint64_t at(std::uint64_t position) const noexcept;

 private:
  static constexpr int kRounds = 4;

  std::uint64_t size_;
  unsigned half_bits_;
  std::uint64_t half_mask_;
  std::uint64_t keys_[kRounds];
};

}  // namespace sluice::tools::scan

#endif
