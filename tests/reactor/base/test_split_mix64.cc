// The generator returns the same numbers as its authors' implementation.
#include <array>
#include <cstdint>
#include <set>

#include <criterion/criterion.h>

#include "reactor/base/split_mix64.h"

using sluice::mix64;
using sluice::SplitMix64;

Test(split_mix64, returns_the_numbers_of_the_reference_implementation) {
  // splitmix64.c by S. Vigna (public domain), seed 1234567.
  constexpr std::array<std::uint64_t, 5> kExpected = {6457827717110365317U, 3203168211198807973U,
                                                      9817491932198370423U, 4593380528125082431U,
                                                      16408922859458223821U};
  SplitMix64 numbers(1234567);
  for (const std::uint64_t expected : kExpected) cr_expect(numbers.next() == expected);
}

Test(split_mix64, a_changed_bit_changes_about_half_of_the_result) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    int changed = 0;
    for (std::uint64_t value = 1; value <= 64; ++value) {
      changed += __builtin_popcountll(mix64(value) ^ mix64(value ^ std::uint64_t{1} << bit));
    }
    cr_expect(changed > 64 * 28 && changed < 64 * 36, "bit %u: %d of 4096", bit, changed);
  }
}

Test(split_mix64, maps_different_values_to_different_values) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t value = 0; value < 10'000; ++value) seen.insert(mix64(value));
  cr_expect(seen.size() == 10'000);
}
