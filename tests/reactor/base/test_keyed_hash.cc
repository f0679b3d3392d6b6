// SipHash-1-3 and its key; chosen addresses do not collide.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "reactor/base/keyed_hash.h"
#include "support/addresses.h"
#include <sluice/address.h>

using namespace sluice;        // NOLINT(google-build-using-namespace)
using namespace sluice::test;  // NOLINT(google-build-using-namespace)

namespace {

std::uint64_t hash_of(std::string_view text, const HashKey& key) {
  return keyed_hash(std::as_bytes(std::span(text)), key);
}

std::vector<std::byte> counting(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
  return bytes;
}

// The hash of `address` in another process. REQUIRES: this process has hashed nothing yet.
std::size_t hash_in_a_child(const Address& address) {
  std::array<int, 2> ends{};
  cr_assert(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  cr_assert(child >= 0);
  if (child == 0) {
    const std::size_t hash = address.hash();
    ::_exit(::write(ends[1], &hash, sizeof hash) == sizeof hash ? 0 : 1);
  }
  std::size_t hash = 0;
  cr_assert(::read(ends[0], &hash, sizeof hash) == sizeof hash);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  return hash;
}

// FNV-1a, with which Address was once hashed: anybody can compute it.
std::uint64_t public_hash(const Address& address, std::uint64_t low) {
  const std::array<std::uint32_t, 3> parts = {static_cast<std::uint32_t>(address.family()), 0, 0};
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto mix = [&hash](std::span<const std::byte> bytes) {
    for (const std::byte b : bytes) {
      hash = (hash ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3U;
    }
  };
  mix(std::as_bytes(std::span(parts)));
  const std::array<std::uint64_t, 2> words = {0, low};
  mix(std::as_bytes(std::span(words)));
  return hash;
}

Address in_the_network(std::uint64_t low) {
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  std::memcpy(&ipv6.sin6_addr.s6_addr[8], &low, sizeof low);
  return {reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6};
}

}  // namespace

// The values of CPython 3.11 with PYTHONHASHSEED=0, which makes its key 0.
Test(keyed_hash, is_siphash_1_3) {
  const HashKey none;
  cr_expect(hash_of("a", none) == 0x407448d2b89b1813);
  cr_expect(hash_of("sluice", none) == 0x2c727ddecca19ec3);
  cr_expect(keyed_hash(counting(15), none) == 0xf30eb725bb91c9ea);
  cr_expect(keyed_hash(counting(32), none) == 0x31ef8061c910629b);
}

// With PYTHONHASHSEED=1.
Test(keyed_hash, depends_on_both_halves_of_the_key) {
  const HashKey key{0xaed66ce184be2329, 0xebe9bbf1f1499052};
  cr_expect(hash_of("sluice", key) == 0x9f916fbc14569fad);
  cr_expect(hash_of("sluice", {key.first, 0}) != hash_of("sluice", key));
  cr_expect(hash_of("sluice", {0, key.second}) != hash_of("sluice", key));
}

Test(keyed_hash, distinguishes_texts_that_differ_only_in_zeros) {
  std::set<std::uint64_t> hashes;
  const std::vector<std::byte> zeros(40);
  for (std::size_t size = 0; size <= zeros.size(); ++size) {
    hashes.insert(keyed_hash(std::span(zeros).first(size)));
  }
  cr_expect(hashes.size() == zeros.size() + 1);
}

Test(keyed_hash, has_a_different_key_in_each_process) {
  const Address address = ip("192.0.2.1", 7);
  const std::size_t first = hash_in_a_child(address);
  const std::size_t second = hash_in_a_child(address);
  cr_expect(first != second);
}

Test(keyed_hash, has_one_key_for_the_life_of_a_process) {
  cr_expect(process_hash_key().first == process_hash_key().first);
  cr_expect(ip("192.0.2.1", 7).hash() == ip("192.0.2.1", 7).hash());
  cr_expect(KeyedStringHash()("ann") == KeyedStringHash()("ann"));
}

// A thousand addresses of one /64 that have the same bucket in a table of 16,384.
Test(keyed_hash, spreads_addresses_that_were_chosen_to_collide) {
  constexpr std::uint64_t kBuckets = 16'384;
  constexpr std::size_t kAddresses = 1'000;
  std::vector<Address> chosen;
  for (std::uint64_t low = 0; chosen.size() < kAddresses; ++low) {
    const Address address = in_the_network(low);
    if (public_hash(address, low) % kBuckets == 0) chosen.push_back(address);
  }
  std::set<std::uint64_t> buckets;
  for (const Address& address : chosen) buckets.insert(address.hash() % kBuckets);
  cr_expect(buckets.size() > kAddresses * 9 / 10, "%zu", buckets.size());
}
