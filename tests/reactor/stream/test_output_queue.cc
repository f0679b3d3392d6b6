// The output queue: order, payloads by reference, and a limited number of pieces at a time.
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/heap.h"
#include <sluice/output_queue.h>

using sluice::OutputPool;
using sluice::OutputQueue;
using sluice::Payload;

namespace {

constexpr std::size_t kChunk = OutputQueue::kChunkSize;

void append(OutputQueue& queue, std::string_view text) {
  queue.append(std::as_bytes(std::span(text)));
}

std::string pattern(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::string_view text_of(const iovec& piece) {
  return {static_cast<const char*>(piece.iov_base), piece.iov_len};
}

// The pieces that gather() returns.
std::vector<iovec> gathered(const OutputQueue& queue, std::size_t most) {
  std::vector<iovec> into(most, iovec{.iov_base = nullptr, .iov_len = 77});
  const std::size_t count = queue.gather(into);
  cr_assert(count <= most);
  into.resize(count);
  return into;
}

std::string front_of(const OutputQueue& queue, std::size_t most_pieces) {
  std::string text;
  for (const iovec& piece : gathered(queue, most_pieces)) {
    cr_assert(piece.iov_len > 0, "an empty piece was offered");
    text += text_of(piece);
  }
  return text;
}

// All bytes, as a socket would write them: gather, write a part, consume.
std::string written(OutputQueue& queue, std::size_t most_a_write) {
  std::string text;
  while (!queue.empty()) {
    const std::string front = front_of(queue, OutputQueue::kMaxGather);
    cr_assert(!front.empty(), "%zu bytes wait and none is offered", queue.size());
    const std::size_t taken = std::min(front.size(), most_a_write);
    text.append(front, 0, taken);
    queue.consume(taken);
  }
  return text;
}

}  // namespace

Test(output_queue, is_empty_and_uses_no_memory_at_first) {
  const std::size_t blocks = heap::live_blocks();
  const OutputQueue queue;
  cr_expect(queue.empty());
  cr_expect(queue.size() == 0);
  cr_expect(gathered(queue, 4).empty());
  cr_expect(heap::live_blocks() == blocks);
}

Test(output_queue, collects_copied_bytes_into_one_piece) {
  OutputQueue queue;
  std::string text = "one ";
  append(queue, text);
  text = "gone";
  append(queue, "two ");
  append(queue, "three");
  const std::vector<iovec> pieces = gathered(queue, 4);
  cr_assert(pieces.size() == 1);
  cr_expect(text_of(pieces[0]) == "one two three");
  cr_expect(queue.size() == 13);
  cr_expect(!queue.empty());
}

Test(output_queue, allocates_nothing_for_an_empty_append) {
  const std::size_t blocks = heap::live_blocks();
  OutputQueue queue;
  append(queue, "");
  queue.append(std::span<const std::byte>());
  queue.append(Payload());
  const Payload payload = Payload::copy("abc");
  queue.append(payload, 3);
  queue.append(payload, 4);
  queue.append(payload, static_cast<std::size_t>(-1));
  cr_expect(queue.empty());
  cr_expect(gathered(queue, 4).empty());
  cr_expect(payload.use_count() == 1);
  cr_expect(heap::live_blocks() == blocks + 1);
}

Test(output_queue, returns_a_payload_without_a_copy) {
  OutputQueue queue;
  const Payload payload = Payload::copy("counted");
  queue.append(payload);
  cr_expect(payload.use_count() == 2);
  const std::vector<iovec> pieces = gathered(queue, 4);
  cr_assert(pieces.size() == 1);
  cr_expect(pieces[0].iov_base == payload.bytes().data());
  cr_expect(pieces[0].iov_len == payload.size());
}

Test(output_queue, returns_the_rest_of_a_payload_that_was_written_in_part) {
  OutputQueue queue;
  const Payload payload = Payload::copy("abcdef");
  queue.append(payload, 4);
  cr_expect(queue.size() == 2);
  cr_expect(front_of(queue, 1) == "ef");
}

Test(output_queue, releases_a_payload_with_its_last_byte) {
  OutputQueue queue;
  const Payload payload = Payload::copy("abc");
  queue.append(payload);
  queue.append(payload);
  cr_expect(payload.use_count() == 3);
  queue.consume(2);
  cr_expect(payload.use_count() == 3);
  queue.consume(1);
  cr_expect(payload.use_count() == 2);
  queue.consume(3);
  cr_expect(payload.use_count() == 1);
}

Test(output_queue, keeps_bytes_and_payloads_in_their_order) {
  OutputQueue queue;
  append(queue, "a");
  queue.append(Payload::copy("BB"));
  append(queue, "c");
  append(queue, "d");
  queue.append(Payload::copy("EE"));
  queue.append(Payload::copy("FF"));
  cr_expect(front_of(queue, 64) == "aBBcdEEFF");
  cr_expect(gathered(queue, 64).size() == 5);
  cr_expect(queue.size() == 9);
}

Test(output_queue, gathers_at_most_as_many_pieces_as_fit) {
  OutputQueue queue;
  const Payload payload = Payload::copy("xy");
  for (int i = 0; i < 100; ++i) queue.append(payload);
  for (const std::size_t room : {0U, 1U, 63U, 64U, 99U, 100U, 101U}) {
    cr_expect(gathered(queue, room).size() == std::min<std::size_t>(room, 100), "room for %zu",
              room);
  }
}

Test(output_queue, consumes_across_pieces_and_in_the_middle_of_one) {
  OutputQueue queue;
  append(queue, "abc");
  queue.append(Payload::copy("DEF"));
  append(queue, "ghi");
  queue.consume(0);
  cr_expect(queue.size() == 9);
  queue.consume(4);
  cr_expect(front_of(queue, 64) == "EFghi");
  cr_expect(queue.size() == 5);
  queue.consume(2);
  cr_expect(front_of(queue, 64) == "ghi");
  append(queue, "!");
  cr_expect(front_of(queue, 64) == "ghi!");
  queue.consume(4);
  cr_expect(queue.empty());
  cr_expect(gathered(queue, 64).empty());
}

Test(output_queue, divides_copied_bytes_into_chunks) {
  for (const std::size_t size : {kChunk - 1, kChunk, kChunk + 1, 2 * kChunk, 3 * kChunk + 5}) {
    OutputQueue queue;
    const std::string text = pattern(size, 1);
    append(queue, text);
    cr_expect(gathered(queue, 64).size() == (size + kChunk - 1) / kChunk, "%zu bytes", size);
    cr_expect(front_of(queue, 64) == text, "%zu bytes", size);
    append(queue, "tail");
    cr_expect(front_of(queue, 64) == text + "tail", "%zu bytes", size);
  }
}

Test(output_queue, appends_a_part_of_itself) {
  OutputQueue queue;
  const std::string text = pattern(kChunk - 10, 2);
  append(queue, text);
  const iovec front = gathered(queue, 1)[0];
  queue.append({static_cast<const std::byte*>(front.iov_base), 100});
  cr_expect(front_of(queue, 64) == text + text.substr(0, 100));
}

Test(output_queue, allocates_nothing_when_it_fills_and_empties_again_and_again) {
  OutputQueue queue;
  const Payload payload = Payload::copy("shared");
  const auto turn = [&](std::size_t size) {
    append(queue, std::string_view("0123456789abcdef", size));
    queue.append(payload);
    append(queue, "z");
    queue.consume(size + payload.size() + 1);
    cr_assert(queue.empty());
  };
  turn(5);
  const std::size_t allocations = heap::allocations();
  for (int i = 0; i < 10000; ++i) turn(static_cast<std::size_t>(i) % 16);
  cr_expect(heap::allocations() == allocations);
}

Test(output_queue, reuses_a_chunk_when_bytes_stream_through) {
  OutputQueue queue;
  const std::string text = pattern(1000, 3);
  std::size_t allocations = 0;
  for (int i = 0; i < 10000; ++i) {
    append(queue, text);
    if (i > 0) queue.consume(1000);  // never quite empty
    if (i == 5000) allocations = heap::allocations();
  }
  cr_expect(heap::allocations() == allocations, "%zu more", heap::allocations() - allocations);
  cr_expect(front_of(queue, 64) == text);
}

// With a chunk for each byte, a handler that sends small texts between payloads could use thousands
// of times the memory that its queue counts.
Test(output_queue, uses_memory_in_proportion_when_bytes_and_payloads_alternate) {
  constexpr std::size_t kRounds = 10000;
  const Payload payload = Payload::copy("p");
  const std::size_t before = heap::live_bytes();
  OutputQueue queue;
  std::string expected;
  for (std::size_t i = 0; i < kRounds; ++i) {
    append(queue, "b");
    queue.append(payload);
    expected += "bp";
  }
  const std::size_t held = heap::live_bytes() - before;
  cr_expect(held < kRounds * 2 * 128, "%zu bytes hold %zu", held, queue.size());
  cr_expect(written(queue, 77) == expected);
}

Test(output_queue, frees_memory_as_it_is_written) {
  const std::size_t before = heap::live_bytes();
  OutputQueue queue;
  append(queue, std::string(100 * kChunk, 'x'));
  cr_expect(heap::live_bytes() - before >= 100 * kChunk);
  queue.consume(99 * kChunk);
  cr_expect(heap::live_bytes() - before < 4 * kChunk, "%zu", heap::live_bytes() - before);
}

Test(output_queue, accepts_very_many_pieces) {
  constexpr std::size_t kPieces = 200000;
  OutputQueue queue;
  const Payload payload = Payload::copy("ab");
  for (std::size_t i = 0; i < kPieces; ++i) queue.append(payload);
  cr_expect(queue.size() == 2 * kPieces);
  cr_expect(payload.use_count() == kPieces + 1);
  cr_expect(gathered(queue, OutputQueue::kMaxGather).size() == OutputQueue::kMaxGather);
  for (std::size_t i = 0; i < kPieces - 1; ++i) queue.consume(2);
  cr_expect(payload.use_count() == 2);
  queue.consume(1);
  cr_expect(front_of(queue, 4) == "b");
}

Test(output_queue, does_not_grow_while_pieces_stream_through_a_queue_that_is_never_empty) {
  const Payload payload = Payload::copy("x");
  OutputQueue queue;
  for (int i = 0; i < 200; ++i) queue.append(payload);
  const std::size_t before = heap::live_bytes();
  for (int i = 0; i < 100000; ++i) {
    queue.append(payload);
    queue.consume(1);
  }
  cr_expect(queue.size() == 200);
  cr_expect(heap::live_bytes() < before + 64 * 1024, "%zu more", heap::live_bytes() - before);
}

Test(output_queue, keeps_at_most_one_chunk_when_it_is_cleared) {
  const Payload payload = Payload::copy("x");
  const std::size_t before = heap::live_bytes();
  OutputQueue queue;
  append(queue, std::string(10 * kChunk + 1, 'x'));
  queue.consume(5 * kChunk);  // now one chunk is in use and one is spare
  for (int i = 0; i < 10000; ++i) queue.append(payload);
  queue.clear();
  cr_expect(queue.empty());
  cr_expect(queue.size() == 0);
  cr_expect(gathered(queue, 4).empty());
  cr_expect(payload.use_count() == 1);
  cr_expect(heap::live_bytes() - before < kChunk + 4096, "%zu", heap::live_bytes() - before);
  append(queue, "again");
  cr_expect(front_of(queue, 4) == "again");
  queue.clear();
  queue.clear();
  cr_expect(queue.empty());
}

Test(output_queue, frees_everything_when_it_is_destroyed) {
  const std::size_t blocks = heap::live_blocks();
  {
    OutputQueue queue;
    append(queue, std::string(3 * kChunk, 'x'));
    queue.append(Payload::copy("x"));
    queue.consume(2 * kChunk);
    append(queue, "y");
  }
  cr_expect(heap::live_blocks() == blocks);
}

Test(output_queue, stays_in_order_when_memory_is_short) {
  const std::string text = pattern(3 * kChunk, 4);
  for (std::size_t successes = 0; successes < 6; ++successes) {
    OutputQueue queue;
    append(queue, "head");
    bool threw = false;
    {
      const heap::Shortage shortage(successes);
      try {
        append(queue, text);
      } catch (const std::bad_alloc&) {
        threw = true;
      }
    }
    cr_expect(threw || queue.size() == 4 + text.size());
    const std::string held = written(queue, 1000);
    cr_expect(held == ("head" + text).substr(0, held.size()), "after %zu successes", successes);
    cr_expect(held.size() >= 4);
    append(queue, "tail");
    cr_expect(written(queue, 1000) == "tail");
  }
}

Test(output_queue, does_not_count_a_payload_that_found_no_memory) {
  OutputQueue queue;
  const Payload payload = Payload::copy("abc");
  bool threw = false;
  {
    const heap::Shortage shortage;
    try {
      queue.append(payload);
    } catch (const std::bad_alloc&) {
      threw = true;
    }
  }
  cr_expect(threw);
  cr_expect(queue.empty());
  cr_expect(payload.use_count() == 1);
}

Test(output_queue, agrees_with_a_string_over_random_operations) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::minstd_rand random(seed);
    const std::size_t largest = std::size_t{2} << (random() % 16);
    OutputQueue queue;
    std::string model;
    for (int i = 0; i < 400; ++i) {
      const std::string text = pattern(random() % largest, static_cast<unsigned>(random()));
      switch (random() % 4) {
        case 0:
          append(queue, text);
          model += text;
          break;
        case 1: {
          const std::size_t from = random() % (largest + 1);
          queue.append(Payload::copy(text), from);
          model += text.substr(std::min(from, text.size()));
          break;
        }
        case 2: {
          const std::size_t count = std::min<std::size_t>(random() % (3 * largest), model.size());
          queue.consume(count);
          model.erase(0, count);
          break;
        }
        default:
          if (random() % 50 == 0) {
            queue.clear();
            model.clear();
          }
      }
      cr_assert(queue.size() == model.size() && queue.empty() == model.empty());
      cr_assert(front_of(queue, 1000) == model, "seed %u, operation %d", seed, i);
    }
  }
}

Test(output_pool, returns_a_queue_that_it_was_given_but_empty) {
  OutputPool pool;
  std::unique_ptr<OutputQueue> queue = pool.take();
  cr_assert(queue != nullptr);
  append(*queue, "left over");
  const OutputQueue* const same = queue.get();
  pool.give(std::move(queue));
  const std::size_t allocations = heap::allocations();
  queue = pool.take();
  cr_expect(queue.get() == same);
  cr_expect(queue->empty());
  append(*queue, "anew");
  cr_expect(heap::allocations() == allocations, "the echo path allocates");
  cr_expect(front_of(*queue, 4) == "anew");
  cr_expect(pool.take().get() != same);
}

Test(output_pool, releases_the_payloads_of_a_queue) {
  OutputPool pool;
  const Payload payload = Payload::copy("x");
  std::unique_ptr<OutputQueue> queue = pool.take();
  queue->append(payload);
  pool.give(std::move(queue));
  cr_expect(payload.use_count() == 1);
}

Test(output_pool, keeps_a_limited_number) {
  const std::size_t before = heap::live_bytes();
  {
    OutputPool pool;
    std::vector<std::unique_ptr<OutputQueue>> queues;
    for (std::size_t i = 0; i < 2 * OutputPool::kKept; ++i) {
      queues.push_back(pool.take());
      append(*queues.back(), std::string(4 * kChunk + 1, 'x'));
    }
    for (auto& queue : queues) pool.give(std::move(queue));
    queues.clear();
    queues.shrink_to_fit();
    const std::size_t held = heap::live_bytes() - before;
    cr_expect(held < OutputPool::kKept * (kChunk + 4096), "%zu bytes are kept", held);
    cr_expect(held > (OutputPool::kKept - 1) * sizeof(OutputQueue));
  }
  cr_expect(heap::live_bytes() == before);
}

Test(output_pool, keeps_a_thousand_queues_without_their_chunks) {
  const std::size_t before = heap::live_bytes();
  {
    OutputPool pool;
    constexpr std::size_t kMany = 2 * (OutputPool::kKept + OutputPool::kKeptSmall);
    const Payload payload = Payload::copy("x");
    std::vector<std::unique_ptr<OutputQueue>> queues(kMany);
    for (auto& queue : queues) {
      queue = pool.take();
      append(*queue, std::string(4 * kChunk + 1, 'x'));
    }
    for (auto& queue : queues) pool.give(std::move(queue));
    const std::size_t held = heap::live_bytes() - before;
    cr_expect(held < OutputPool::kKept * (kChunk + 4096) + OutputPool::kKeptSmall * 256 +
                         kMany * sizeof(void*) * 2,
              "%zu bytes are kept", held);
    // A second delivery to a thousand members allocates nothing.
    constexpr std::size_t kMembers = 1000;
    std::size_t allocations = 0;
    for (int turn = 0; turn < 2; ++turn) {
      allocations = heap::allocations();
      for (std::size_t i = 0; i < kMembers; ++i) {
        queues[i] = pool.take();
        queues[i]->append(payload);
      }
      for (std::size_t i = 0; i < kMembers; ++i) pool.give(std::move(queues[i]));
    }
    cr_expect(heap::allocations() == allocations, "%zu allocations",
              heap::allocations() - allocations);
  }
  cr_expect(heap::live_bytes() == before);
}

Test(output_pool, drops_a_queue_when_it_has_no_memory_to_keep_it) {
  const std::size_t blocks = heap::live_blocks();
  OutputPool pool;
  std::unique_ptr<OutputQueue> queue = pool.take();
  append(*queue, "x");
  {
    const heap::Shortage shortage;
    pool.give(std::move(queue));
  }
  cr_expect(heap::live_blocks() == blocks);
}
