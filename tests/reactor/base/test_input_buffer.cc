// The buffer of bytes that are not consumed: contiguous, in order, at linear cost.
#include <algorithm>
#include <cstring>
#include <new>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <criterion/criterion.h>

#include "support/heap.h"
#include <sluice/input_buffer.h>

using sluice::InputBuffer;

namespace {

void append(InputBuffer& buffer, std::string_view text) {
  buffer.append(std::as_bytes(std::span(text)));
}

std::string text_of(const InputBuffer& buffer) {
  const std::span<const std::byte> bytes = buffer.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string pattern(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// Counts the bytes that an append has to move: all of them, if the address of the first changes.
class MoveCounter {
 public:
  explicit MoveCounter(InputBuffer& buffer) : buffer_(buffer) {}
  void append(std::string_view text) {
    const std::byte* const before = buffer_.bytes().data();
    const std::size_t held = buffer_.size();
    ::append(buffer_, text);
    if (held > 0 && buffer_.bytes().data() != before) moved_ += held;
    passed_ += text.size();
  }
  [[nodiscard]] double moves_per_byte() const {
    return static_cast<double>(moved_) / static_cast<double>(passed_);
  }

 private:
  InputBuffer& buffer_;
  std::size_t moved_ = 0;
  std::size_t passed_ = 0;
};

}  // namespace

Test(input_buffer, is_empty_and_has_no_memory_at_first) {
  const std::size_t blocks = heap::live_blocks();
  const InputBuffer buffer;
  cr_expect(buffer.empty());
  cr_expect(buffer.size() == 0);
  cr_expect(buffer.bytes().empty());
  cr_expect(heap::live_blocks() == blocks);
}

Test(input_buffer, is_one_pointer_wide) { cr_expect(sizeof(InputBuffer) == sizeof(void*)); }

Test(input_buffer, keeps_appended_bytes_in_order_and_contiguous) {
  InputBuffer buffer;
  append(buffer, "one ");
  append(buffer, std::string_view("\0", 1));
  append(buffer, "two");
  cr_expect(!buffer.empty());
  cr_expect(buffer.size() == 8);
  cr_expect(text_of(buffer) == std::string_view("one \0two", 8));
}

Test(input_buffer, allocates_nothing_for_an_empty_append) {
  const std::size_t blocks = heap::live_blocks();
  InputBuffer buffer;
  append(buffer, "");
  buffer.append({});
  cr_expect(buffer.empty());
  cr_expect(heap::live_blocks() == blocks);
}

Test(input_buffer, consumes_from_the_front) {
  InputBuffer buffer;
  append(buffer, "abcdef");
  buffer.consume(0);
  cr_expect(text_of(buffer) == "abcdef");
  buffer.consume(2);
  cr_expect(text_of(buffer) == "cdef");
  append(buffer, "gh");
  buffer.consume(3);
  cr_expect(text_of(buffer) == "fgh");
}

Test(input_buffer, frees_its_memory_when_all_is_consumed) {
  const std::size_t blocks = heap::live_blocks();
  InputBuffer buffer;
  append(buffer, "abc");
  buffer.consume(2);
  cr_expect(heap::live_blocks() == blocks + 1);
  buffer.consume(1);
  cr_expect(buffer.empty());
  cr_expect(heap::live_blocks() == blocks);
  buffer.consume(0);
  append(buffer, "again");
  cr_expect(text_of(buffer) == "again");
}

Test(input_buffer, frees_its_memory_when_it_is_cleared_or_destroyed) {
  const std::size_t blocks = heap::live_blocks();
  InputBuffer buffer;
  append(buffer, "abc");
  buffer.clear();
  cr_expect(buffer.empty());
  cr_expect(heap::live_blocks() == blocks);
  buffer.clear();
  {
    InputBuffer other;
    append(other, "abc");
  }
  cr_expect(heap::live_blocks() == blocks);
}

Test(input_buffer, moves_its_bytes_and_is_empty_afterwards) {
  InputBuffer from;
  append(from, "abc");
  const std::size_t allocations = heap::allocations();
  InputBuffer to(std::move(from));
  cr_expect(heap::allocations() == allocations);
  cr_expect(from.empty());  // NOLINT(bugprone-use-after-move): the state is promised
  cr_expect(text_of(to) == "abc");
  InputBuffer third;
  append(third, "old");
  third = std::move(to);
  cr_expect(text_of(third) == "abc");
  append(from, "anew");
  cr_expect(text_of(from) == "anew");
}

Test(input_buffer, appends_a_part_of_itself_when_it_has_to_grow) {
  InputBuffer buffer;
  std::string expected = pattern(300, 1);
  append(buffer, expected);
  for (int i = 0; i < 8; ++i) {
    buffer.append(buffer.bytes());
    expected += expected;
  }
  cr_expect(text_of(buffer) == expected);
}

Test(input_buffer, appends_a_part_of_itself_when_it_has_to_move_down) {
  const std::string text = pattern(256, 2);  // fills the smallest block
  InputBuffer buffer;
  append(buffer, text);
  buffer.consume(200);
  const std::byte* const before = buffer.bytes().data();
  buffer.append(buffer.bytes().subspan(50, 6));
  cr_assert(buffer.bytes().data() < before, "the bytes did not move down: another case is tested");
  cr_expect(text_of(buffer) == text.substr(200) + text.substr(250));
}

Test(input_buffer, appends_a_part_of_itself_when_there_is_room) {
  InputBuffer buffer;
  append(buffer, "abcdef");
  buffer.consume(1);
  buffer.append(buffer.bytes().subspan(3, 2));
  cr_expect(text_of(buffer) == "bcdefef");
}

Test(input_buffer, is_unchanged_when_memory_is_short) {
  const std::size_t blocks = heap::live_blocks();
  {
    InputBuffer buffer;
    const std::string text = pattern(500, 3);
    const std::string more = pattern(100000, 4);
    append(buffer, text);
    buffer.consume(10);
    bool threw = false;
    {
      const heap::Shortage shortage;
      try {
        append(buffer, more);
      } catch (const std::bad_alloc&) {
        threw = true;
      }
    }
    cr_expect(threw);
    cr_expect(text_of(buffer) == text.substr(10));
    append(buffer, "!");
    cr_expect(text_of(buffer) == text.substr(10) + "!");
  }
  cr_expect(heap::live_blocks() == blocks);
}

Test(input_buffer, stays_empty_when_its_first_allocation_fails) {
  InputBuffer buffer;
  bool threw = false;
  {
    const heap::Shortage shortage;
    try {
      append(buffer, "abc");
    } catch (const std::bad_alloc&) {
      threw = true;
    }
  }
  cr_expect(threw);
  cr_expect(buffer.empty());
}

Test(input_buffer, grows_by_single_bytes_at_linear_cost) {
  InputBuffer buffer;
  MoveCounter counter(buffer);
  const std::string text = pattern(1 << 20, 5);
  for (const char& c : text) counter.append({&c, 1});
  cr_expect(counter.moves_per_byte() < 2.0, "%f moves a byte", counter.moves_per_byte());
  cr_expect(text_of(buffer) == text);
}

// The worst case for a buffer that moves its bytes down whenever it can: it holds many, and few are
// appended and consumed.
Test(input_buffer, appends_single_bytes_after_a_long_tail_at_linear_cost) {
  constexpr std::size_t kHeld = 10000;
  for (const bool consumes_first : {false, true}) {
    InputBuffer buffer;
    append(buffer, pattern(kHeld, 6));
    MoveCounter counter(buffer);
    for (int i = 0; i < 200000; ++i) {
      if (consumes_first) buffer.consume(1);
      counter.append("x");
      if (!consumes_first) buffer.consume(1);
    }
    cr_expect(buffer.size() == kHeld);
    cr_expect(counter.moves_per_byte() < 2.0, "%f moves a byte", counter.moves_per_byte());
  }
}

Test(input_buffer, appends_and_consumes_pieces_of_any_size_at_linear_cost) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::minstd_rand random(seed);
    const std::size_t largest = std::size_t{1} << (random() % 14);
    InputBuffer buffer;
    MoveCounter counter(buffer);
    for (int i = 0; i < 5000; ++i) {
      counter.append(std::string(random() % largest + 1, 'x'));
      buffer.consume(std::min<std::size_t>(buffer.size(), random() % largest + 1));
    }
    cr_expect(counter.moves_per_byte() < 4.0, "seed %u: %f moves a byte", seed,
              counter.moves_per_byte());
  }
}

Test(input_buffer, uses_memory_in_proportion_to_its_bytes) {
  constexpr std::size_t kHeld = 4096;
  const std::size_t before = heap::live_bytes();
  InputBuffer buffer;
  append(buffer, std::string(kHeld, 'x'));
  for (int i = 0; i < 100000; ++i) {
    append(buffer, "y");
    buffer.consume(1);
    cr_assert(heap::live_bytes() - before < 3 * kHeld, "%zu bytes for %zu after %d",
              heap::live_bytes() - before, buffer.size(), i);
  }
}

Test(input_buffer, agrees_with_a_string_over_random_operations) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::minstd_rand random(seed);
    const std::size_t largest = std::size_t{2} << (random() % 12);
    InputBuffer buffer;
    std::string model;
    for (int i = 0; i < 2000; ++i) {
      if (random() % 8 == 0 && !model.empty()) {
        const std::size_t from = random() % model.size();
        const std::size_t count = std::min(model.size() - from, largest);
        buffer.append(buffer.bytes().subspan(from, count));
        model += model.substr(from, count);
      } else if (random() % 2 == 0) {
        const std::string text = pattern(random() % largest, static_cast<unsigned>(random()));
        append(buffer, text);
        model += text;
      } else {
        const std::size_t count = std::min<std::size_t>(random() % (2 * largest), model.size());
        buffer.consume(count);
        model.erase(0, count);
      }
      cr_assert(text_of(buffer) == model, "seed %u, operation %d", seed, i);
      cr_assert(buffer.empty() == model.empty() && buffer.size() == model.size());
    }
  }
}
