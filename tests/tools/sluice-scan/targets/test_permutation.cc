// An order that looks random: every number once, the same for ever.
#include <cstdint>
#include <cstdlib>
#include <unordered_set>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluice-scan/targets/permutation.h"

using sluice::tools::scan::Permutation;

namespace {

std::vector<std::uint64_t> order_of(std::uint64_t size, std::uint64_t seed) {
  const Permutation permutation(size, seed);
  std::vector<std::uint64_t> order;
  for (std::uint64_t i = 0; i < size; ++i) order.push_back(permutation.at(i));
  return order;
}

}  // namespace

Test(permutation, has_every_number_once) {
  for (const std::uint64_t size :
       {1,  2,   3,   4,   5,    7,    13,   15,   16,    17,    31,    63,   64,
        65, 100, 254, 257, 1000, 1024, 1025, 4097, 65521, 65535, 65536, 65537}) {
    for (const std::uint64_t seed : {0ULL, 1ULL, 42ULL, ~0ULL}) {
      std::vector<bool> seen(size);
      for (const std::uint64_t number : order_of(size, seed)) {
        cr_assert(number < size, "%lu of %lu", number, size);
        cr_assert(!seen[number], "%lu of %lu, twice", number, size);
        seen[number] = true;
      }
    }
  }
}

Test(permutation, of_nothing_is_empty) { cr_expect(Permutation(0, 7).size() == 0); }

Test(permutation, of_more_than_fits_in_32_bits_stays_in_range_and_repeats_nothing) {
  for (const std::uint64_t size :
       {(1ULL << 32) + 1, (1ULL << 33) - 9, (1ULL << 48) + 12345, (1ULL << 63) + 3, ~0ULL}) {
    const Permutation permutation(size, 99);
    std::unordered_set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      // From both ends.
      for (const std::uint64_t position : {i, size - 1 - i}) {
        const std::uint64_t number = permutation.at(position);
        cr_assert(number < size);
        cr_assert(seen.insert(number).second, "%lu twice of %lu", number, size);
      }
    }
  }
}

Test(permutation, is_another_one_for_another_seed) {
  const auto first = order_of(1000, 1);
  for (std::uint64_t seed = 2; seed < 30; ++seed) {
    const auto other = order_of(1000, seed);
    std::size_t same = 0;
    for (std::size_t i = 0; i < first.size(); ++i) same += first[i] == other[i] ? 1U : 0U;
    cr_expect(same < 15, "seed %lu: %zu of 1000 are in the same place", seed, same);
  }
}

// What comes one after the other is as far apart as two numbers drawn at random: a third of the
// range, on the average.
Test(permutation, puts_neighbours_far_apart) {
  for (const std::uint64_t size : {1000ULL, 65535ULL, 25600ULL, 1ULL << 20}) {
    const Permutation permutation(size, 3);
    double sum = 0;
    std::uint64_t near = 0;
    const std::uint64_t steps = 999;
    for (std::uint64_t i = 0; i < steps; ++i) {
      const auto a = static_cast<std::int64_t>(permutation.at(i));
      const auto b = static_cast<std::int64_t>(permutation.at(i + 1));
      const auto apart = static_cast<double>(std::llabs(a - b));
      sum += apart;
      near += apart < static_cast<double>(size) / 200 ? 1U : 0U;  // expected: one in a hundred
    }
    const double mean = sum / static_cast<double>(steps) / static_cast<double>(size);
    cr_expect(mean > 0.28 && mean < 0.39, "size %lu: %f", size, mean);
    cr_expect(near < 40, "size %lu: %lu are near their neighbour", size, near);
  }
}

// Written down once. When they change, interrupted scans and shards of other releases go wrong.
Test(permutation, is_the_same_in_every_release) {
  const std::vector<std::uint64_t> ten = order_of(10, 1);
  const std::vector<std::uint64_t> expected = {9, 6, 0, 1, 3, 4, 8, 2, 5, 7};
  cr_expect(ten == expected);
  const Permutation ports(65535, 2024);
  const std::vector<std::uint64_t> first = {ports.at(0), ports.at(1), ports.at(2), ports.at(65534)};
  const std::vector<std::uint64_t> expected_ports = {18919, 61137, 15605, 46179};
  cr_expect(first == expected_ports);
  const Permutation large(1ULL << 40, 5);
  cr_expect(large.at(0) == 734277455239);
  cr_expect(large.at(123'456'789) == 465578172560);
}

Test(permutation, is_split_into_shards_that_share_nothing_and_miss_nothing) {
  constexpr std::uint64_t kSize = 10'007;
  constexpr std::uint64_t kShards = 7;
  const Permutation permutation(kSize, 11);
  std::vector<unsigned> seen(kSize);
  for (std::uint64_t shard = 0; shard < kShards; ++shard) {
    for (std::uint64_t i = shard; i < kSize; i += kShards) ++seen[permutation.at(i)];
  }
  for (const unsigned times : seen) cr_assert(times == 1);
}
