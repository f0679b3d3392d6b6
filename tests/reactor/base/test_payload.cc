// The shared block: counted, not copied, and freed by its last holder.
#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/heap.h"
#include <sluice/payload.h>

using sluice::Payload;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string text_of(const Payload& payload) {
  const std::span<const std::byte> bytes = payload.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Test(payload, is_empty_by_default) {
  const std::size_t blocks = heap::live_blocks();
  const Payload none;
  cr_expect(none.empty());
  cr_expect(none.size() == 0);
  cr_expect(none.bytes().empty());
  cr_expect(none.use_count() == 0);
  cr_expect(heap::live_blocks() == blocks);
}

Test(payload, copies_the_bytes_of_its_constructor) {
  std::string text("hello\0world", 11);
  const Payload payload = Payload::copy(text);
  text.assign(11, 'x');
  cr_expect(payload.size() == 11);
  cr_expect(!payload.empty());
  cr_expect(text_of(payload) == std::string_view("hello\0world", 11));
}

Test(payload, copies_bytes_and_text_alike) {
  const std::array<std::byte, 3> bytes{std::byte{0}, std::byte{0xff}, std::byte{7}};
  const Payload payload = Payload::copy(std::span<const std::byte>(bytes));
  cr_assert(payload.size() == 3);
  cr_expect(std::memcmp(payload.bytes().data(), bytes.data(), 3) == 0);
}

Test(payload, allocates_nothing_for_no_bytes) {
  const std::size_t allocations = heap::allocations();
  const std::array<std::span<const std::byte>, 3> nothing{};
  cr_expect(Payload::copy("").empty());
  cr_expect(Payload::copy(std::span<const std::byte>()).use_count() == 0);
  cr_expect(Payload::concat({}).empty());
  cr_expect(Payload::concat(nothing).use_count() == 0);
  cr_expect(heap::allocations() == allocations);
}

Test(payload, joins_parts_in_order_and_skips_empty_ones) {
  const std::array parts{bytes_of(""),     bytes_of("one "),  bytes_of(""),
                         bytes_of("two "), bytes_of("three"), std::span<const std::byte>()};
  const Payload payload = Payload::concat(parts);
  cr_expect(text_of(payload) == "one two three");
  cr_expect(payload.use_count() == 1);
}

Test(payload, makes_one_allocation_however_many_parts) {
  const std::vector parts(1000, bytes_of("0123456789"));
  const std::size_t allocations = heap::allocations();
  const Payload payload = Payload::concat(parts);
  cr_expect(heap::allocations() == allocations + 1);
  cr_expect(payload.size() == 10000);
}

Test(payload, may_be_made_from_its_own_bytes) {
  Payload payload = Payload::copy("ab");
  const std::array parts{payload.bytes(), bytes_of("-"), payload.bytes()};
  payload = Payload::concat(parts);
  cr_expect(text_of(payload) == "ab-ab");
}

Test(payload, counts_a_copy_and_shares_its_bytes) {
  const Payload first = Payload::copy("shared");
  const std::size_t allocations = heap::allocations();
  {
    const Payload second(first);
    Payload third;
    third = second;
    cr_expect(first.use_count() == 3);
    cr_expect(second.bytes().data() == first.bytes().data());
    cr_expect(third.bytes().data() == first.bytes().data());
  }
  cr_expect(first.use_count() == 1);
  cr_expect(heap::allocations() == allocations);
}

Test(payload, lives_as_long_as_its_last_holder) {
  const std::size_t blocks = heap::live_blocks();
  Payload second;
  {
    const Payload first = Payload::copy("still here");
    second = first;
  }
  cr_expect(text_of(second) == "still here");
  cr_expect(heap::live_blocks() == blocks + 1);
  second = Payload();
  cr_expect(heap::live_blocks() == blocks);
}

Test(payload, moves_without_counting_and_is_empty_afterwards) {
  Payload from = Payload::copy("moved");
  Payload to(std::move(from));
  cr_expect(to.use_count() == 1);
  cr_expect(from.empty());  // NOLINT(bugprone-use-after-move): the state is promised
  from = std::move(to);
  cr_expect(from.use_count() == 1);
  cr_expect(text_of(from) == "moved");
  static_assert(std::is_nothrow_move_constructible_v<Payload>);
  static_assert(std::is_nothrow_copy_constructible_v<Payload>);
}

Test(payload, frees_its_block_when_another_is_assigned) {
  const std::size_t blocks = heap::live_blocks();
  Payload payload = Payload::copy("old");
  payload = Payload::copy("new");
  cr_expect(heap::live_blocks() == blocks + 1);
  cr_expect(text_of(payload) == "new");
}

Test(payload, survives_being_assigned_to_itself) {
  Payload payload = Payload::copy("self");
  Payload& same = payload;
  payload = same;
  cr_expect(payload.use_count() == 1);
  payload = std::move(same);
  cr_expect(payload.use_count() == 1);
  cr_expect(text_of(payload) == "self");
}

Test(payload, reports_a_shortage_of_memory_and_leaks_nothing) {
  const std::size_t blocks = heap::live_blocks();
  bool threw = false;
  {
    const heap::Shortage shortage;
    try {
      (void)Payload::copy("no room");
    } catch (const std::bad_alloc&) {
      threw = true;
    }
  }
  cr_expect(threw);
  cr_expect(heap::live_blocks() == blocks);
}

// For ThreadSanitizer. Without it, a count that is not atomic still loses some of these.
Test(payload, may_be_shared_and_released_by_many_threads) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 50000;
  const std::size_t blocks = heap::live_blocks();
  std::atomic<int> wrong{0};
  std::atomic<int> ready{0};
  {
    Payload payload = Payload::copy("many readers");
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([own = payload, &wrong, &ready] {
        ++ready;
        while (ready < kThreads) std::this_thread::yield();  // or they run in turn
        std::vector<Payload> held;
        for (int round = 0; round < kRounds; ++round) {
          held.push_back(own);
          if (text_of(held.back()) != "many readers") ++wrong;
          if (held.size() == 16) held.clear();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    cr_expect(payload.use_count() == 1);
  }
  cr_expect(wrong == 0);
  cr_expect(heap::live_blocks() == blocks);
}

Test(payload, keeps_its_first_byte_aligned_for_any_type) {
  const Payload payload = Payload::copy("x");
  const auto place = reinterpret_cast<std::uintptr_t>(payload.bytes().data());
  cr_expect(place % alignof(std::max_align_t) == 0);
}
