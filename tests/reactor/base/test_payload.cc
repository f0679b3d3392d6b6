// The shared block: counted, not copied, and freed by its last holder.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
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

Test(payload, wraps_memory_whose_owner_goes_with_the_last_reference) {
  const std::size_t blocks = heap::live_blocks();
  {
    auto owner = std::make_shared<const std::string>("foreign");
    const std::weak_ptr<const std::string> seen = owner;
    const char* place = owner->data();
    Payload payload = Payload::wrap(bytes_of(*owner), std::move(owner));
    cr_expect(reinterpret_cast<const char*>(payload.bytes().data()) == place);
    const Payload second = std::exchange(payload, {});
    cr_expect(not(seen.expired()));
    cr_expect(text_of(second) == "foreign");
    cr_expect(not(second.is_file()));
  }
  cr_expect(heap::live_blocks() == blocks);
}

Test(payload, wraps_a_container_also_one_that_holds_its_bytes_in_itself) {
  const std::size_t blocks = heap::live_blocks();
  {
    const Payload small = Payload::wrap(std::string("short"));
    const Payload large = Payload::wrap(std::string(1000, 'x'));
    const Payload numbers = Payload::wrap(std::vector<std::uint16_t>{1, 2, 3});
    cr_expect(text_of(small) == "short");
    cr_expect(text_of(large) == std::string(1000, 'x'));
    cr_expect(numbers.size() == 6);
    cr_expect(Payload::wrap(std::string()).empty());
    cr_expect(Payload::wrap(std::span<const std::byte>(), std::string("no bytes")).empty());
  }
  cr_expect(heap::live_blocks() == blocks);
}

Test(payload, of_a_file_has_a_size_and_no_bytes_in_memory) {
  sluice::Fd file(::memfd_create("file", MFD_CLOEXEC));
  cr_assert(::write(file.get(), "0123456789", 10) == 10);
  const Payload payload = Payload::file(std::move(file), 2, 8);
  cr_expect(payload.is_file());
  cr_expect(payload.size() == 8);
  cr_expect(payload.bytes().empty());
}

Test(payload, rejects_a_file_that_cannot_be_sent) {
  const auto error_of = [](sluice::Fd file, std::uint64_t offset, std::size_t length) {
    try {
      (void)Payload::file(std::move(file), offset, length);
    } catch (const std::system_error& error) {
      return error.code().value();
    }
    return 0;
  };
  const auto ten = [] {
    sluice::Fd file(::memfd_create("file", MFD_CLOEXEC));
    cr_assert(::write(file.get(), "0123456789", 10) == 10);
    return file;
  };
  cr_expect(error_of(sluice::Fd(), 0, 1) == EBADF);
  cr_expect(error_of(sluice::Fd(::open("/dev/null", O_RDONLY)), 0, 1) == EINVAL);
  cr_expect(error_of(ten(), 0, 11) == EINVAL);
  cr_expect(error_of(ten(), 11, 0) == EINVAL);
  cr_expect(error_of(ten(), static_cast<std::uint64_t>(-1), 2) == EINVAL);
  cr_expect(error_of(ten(), 10, 0) == 0);
}
