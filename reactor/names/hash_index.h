// Numbers of things by the hashes of the things, in a table that grows without ever halting.
//
// What it is: linear hashing. Each insertion adds one bucket and splits one, so that none of them
// takes long, which the growing of a common table does. Nothing is ever removed but by
// dismantle().
// Thread: a plain value. Errors: std::bad_alloc, after which it must not be used.
// Source: W. Litwin, Linear hashing: a new tool for file and table addressing, VLDB 1980.
#ifndef SLUICE_REACTOR_NAMES_HASH_INDEX_H
#define SLUICE_REACTOR_NAMES_HASH_INDEX_H

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace sluice {

class HashIndex {
 public:
  using Number = std::uint32_t;
  static constexpr Number kNone = static_cast<Number>(-1);

  void add(std::uint32_t hash, Number number) {
    split_one();
    entries_.push_back({hash, number, kNone});
    push(buckets_[bucket_of(hash)], static_cast<Number>(entries_.size() - 1));
  }
  // The number of that hash for which `is_it` says yes, or kNone.
  template <class IsIt>
  [[nodiscard]] Number find(std::uint32_t hash, IsIt is_it) const {
    if (buckets_.empty()) return kNone;
    Number at = buckets_[bucket_of(hash)];
    while (at != kNone && !(entries_[at].hash == hash && is_it(entries_[at].number))) {
      at = entries_[at].next;
    }
    return at == kNone ? kNone : entries_[at].number;
  }

  // Frees about so much of it; true when nothing is left. Until then it must not be used.
  [[nodiscard]] bool dismantle(std::size_t count) noexcept {
    shorten(entries_, count);
    shorten(buckets_, count);
    return entries_.empty() && buckets_.empty();
  }
  template <class T>
  static void shorten(std::deque<T>& all, std::size_t count) noexcept {
    all.erase(all.end() - static_cast<std::ptrdiff_t>(std::min(count, all.size())), all.end());
  }

 private:
  struct Entry {
    std::uint32_t hash;
    Number number;
    Number next;  // of the same bucket
  };

  // While the table is between two powers of 2, the buckets that are not there yet share one with
  // their counterparts of the lower half.
  [[nodiscard]] std::size_t bucket_of(std::uint32_t hash) const noexcept {
    const std::size_t mask = std::bit_ceil(buckets_.size()) - 1;
    const std::size_t bucket = hash & mask;
    return bucket < buckets_.size() ? bucket : bucket & mask >> 1;
  }
  void push(Number& bucket, Number entry) noexcept {
    entries_[entry].next = bucket;
    bucket = entry;
  }
  void split_one() {
    buckets_.push_back(kNone);
    const std::size_t added = buckets_.size() - 1;
    if (added == 0) return;
    const std::size_t split = added - std::bit_floor(added);
    Number at = buckets_[split];
    buckets_[split] = kNone;
    while (at != kNone) {
      const Number next = entries_[at].next;
      push(buckets_[bucket_of(entries_[at].hash)], at);
      at = next;
    }
  }

  std::deque<Entry> entries_;
  std::deque<Number> buckets_;
};

}  // namespace sluice

#endif
