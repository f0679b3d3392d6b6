// The queue of datagrams: order, limit, and reuse of memory.
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <new>
#include <random>
#include <span>
#include <string>
#include <utility>

#include <criterion/criterion.h>

#include "reactor/datagram/datagram_queue.h"
#include "support/addresses.h"
#include "support/heap.h"
#include <sluice/address.h>

using sluice::Address;
using sluice::DatagramQueue;
using sluice::DatagramSource;
using sluice::test::ip;

namespace {

constexpr std::size_t kOverhead = DatagramQueue::kOverhead;
constexpr std::size_t kLarge = 1024 * 1024;

void push(DatagramQueue& queue, const std::string& data, const Address* to = nullptr) {
  queue.push(std::as_bytes(std::span(data)), to, DatagramSource());
}

std::string at(const DatagramQueue& queue, std::size_t index) {
  const auto bytes = queue.bytes_at(index);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Test(datagram_queue, returns_datagrams_with_their_addresses) {
  DatagramQueue queue(kLarge);
  const Address v4 = ip("192.0.2.1", 53);
  const Address v6 = ip("2001:db8::1", 53);
  push(queue, "one", &v4);
  push(queue, "", &v6);
  push(queue, "three");
  cr_expect(queue.count() == 3);
  cr_expect(at(queue, 0) == "one");
  cr_expect(at(queue, 1).empty());
  cr_expect(at(queue, 2) == "three");
  cr_expect(queue.front_to() == v4);
  queue.pop(1);
  cr_expect(queue.front_to() == v6);
  queue.pop(1);
  cr_expect(queue.at(0).to_size == 0);
}

Test(datagram_queue, returns_a_mapped_address_unmapped) {
  DatagramQueue queue(kLarge);
  const Address mapped = ip("::ffff:192.0.2.1", 53);
  push(queue, "x", &mapped);
  cr_expect(queue.front_to() == ip("192.0.2.1", 53));
}

Test(datagram_queue, counts_bytes_and_an_overhead_for_each_datagram) {
  DatagramQueue queue(kLarge);
  push(queue, "four");
  push(queue, "");
  cr_expect(queue.queued() == 4 + 2 * kOverhead);
  queue.pop(1);
  cr_expect(queue.queued() == kOverhead);
  queue.clear();
  cr_expect(queue.queued() == 0);
  cr_expect(queue.empty());
}

Test(datagram_queue, has_room_up_to_its_limit_and_no_further) {
  DatagramQueue queue(2 * kOverhead + 10);
  cr_expect(queue.has_room_for(kOverhead + 10));
  cr_expect(!queue.has_room_for(kOverhead + 11));
  push(queue, "12345");
  cr_expect(queue.has_room_for(5));
  cr_expect(!queue.has_room_for(6));
  cr_expect(queue.could_hold(6));
  cr_expect(!queue.could_hold(static_cast<std::size_t>(-1)));
}

Test(datagram_queue, holds_nothing_if_its_limit_is_below_the_overhead_of_one) {
  const DatagramQueue queue(kOverhead - 1);
  cr_expect(!queue.could_hold(0));
  cr_expect(!queue.has_room_for(0));
}

Test(datagram_queue, behaves_like_a_plain_queue) {
  DatagramQueue queue(kLarge);
  std::deque<std::string> model;
  std::minstd_rand random(7);
  for (int step = 0; step < 50'000; ++step) {
    if (random() % 2 == 0 && queue.has_room_for(2000)) {
      std::string data(random() % 4 == 0 ? random() % 2000 : random() % 20, '\0');
      for (char& byte : data) byte = static_cast<char>(random() % 256);
      push(queue, data);
      model.push_back(std::move(data));
    } else if (!model.empty()) {
      const std::size_t number = 1 + random() % std::min<std::size_t>(model.size(), 3);
      queue.pop(number);
      model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(number));
    }
    cr_assert(queue.count() == model.size());
    if (model.empty()) continue;
    cr_assert(at(queue, 0) == model.front());
    cr_assert(at(queue, model.size() - 1) == model.back());
  }
}

Test(datagram_queue, allocates_nothing_once_it_has_grown) {
  DatagramQueue queue(kLarge);
  const std::string data(64, 'x');
  const auto fill_and_empty = [&] {
    for (int i = 0; i < 100; ++i) push(queue, data);
    queue.clear();
  };
  fill_and_empty();
  const std::size_t before = heap::allocations();
  for (int round = 0; round < 100; ++round) fill_and_empty();
  cr_expect(heap::allocations() == before);
}

Test(datagram_queue, uses_at_most_twice_its_bytes_while_it_is_never_empty) {
  DatagramQueue queue(kLarge);
  const std::string data(1000, 'x');
  for (int i = 0; i < 100; ++i) push(queue, data);
  const std::size_t before = heap::live_bytes();
  for (int i = 0; i < 100'000; ++i) {
    push(queue, data);
    queue.pop(1);
  }
  cr_expect(heap::live_bytes() <= before + 2 * queue.queued());
}

Test(datagram_queue, frees_a_large_block_when_it_is_empty) {
  const std::size_t before = heap::live_bytes();
  DatagramQueue queue(kLarge);
  while (queue.has_room_for(1000)) push(queue, std::string(1000, 'x'));
  cr_expect(heap::live_bytes() >= before + 900'000);
  queue.clear();
  cr_expect(heap::live_bytes() <= before + 2 * DatagramQueue::kKeptBytes);
}

Test(datagram_queue, is_unchanged_when_memory_is_short) {
  for (std::size_t successes = 0; successes < 2; ++successes) {
    DatagramQueue queue(kLarge);
    const std::string data(100, 'x');
    bool thrown = false;
    {
      const heap::Shortage shortage(successes);
      try {
        push(queue, data);
      } catch (const std::bad_alloc&) {
        thrown = true;
      }
    }
    cr_expect(thrown);
    cr_expect(queue.empty());
    cr_expect(queue.queued() == 0);
    push(queue, data);
    cr_expect(at(queue, 0) == data);
  }
}
