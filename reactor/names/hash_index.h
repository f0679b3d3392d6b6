// A hash table of numbers whose insertions all take a short time.
//
// What it is: linear hashing. The caller keeps the elements; the table maps their hashes to their
// numbers. Each insertion adds one bucket and splits one, so no insertion rehashes everything, as
// it would in an ordinary table. Elements cannot be removed, except all of them by dismantle().
// Thread: a plain value. Errors: std::bad_alloc, after which the table must not be used.
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
  // The number with that hash for which `is_it` returns true, or kNone.
  template <class IsIt>
  [[nodiscard]] Number find(std::uint32_t hash, IsIt is_it) const {
    if (buckets_.empty()) return kNone;
    Number at = buckets_[bucket_of(hash)];
    while (at != kNone && !(entries_[at].hash == hash && is_it(entries_[at].number))) {
      at = entries_[at].next;
    }
    return at == kNone ? kNone : entries_[at].number;
  }

  // Frees about `count` entries. Returns true when nothing is left. Until then the table must not
  // be used.
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
    Number next;  // the next entry of the same bucket
  };

  // While the number of buckets is between two powers of 2, a bucket that does not exist yet shares
  // one with its counterpart in the lower half.
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
