// Chargen: the lines of the RFC, as many as the peer reads, with a limited queue.
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/text.h"
#include "support/udp_probe.h"
#include <sluice/chargen.h>
#include <sluice/connection.h>
#include <sluice/datagram_service.h>
#include <sluice/listener.h>
#include <sluice/memory_peer.h>
#include <sluice/reply_guard.h>

using sluice::Address;
using sluice::AnswerSize;
using sluice::Chargen;
using sluice::chargen_answer;
using sluice::CloseReason;
using sluice::ConnectionOptions;
using sluice::DatagramService;
using sluice::Endpoint;
using sluice::Listener;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::MemoryPeer;
using sluice::ReplyGuard;
using sluice::test::UdpProbe;

namespace {

// A peer that does not read yet.
class Peer : public MemoryPeer {
 public:
  explicit Peer(Chargen& chargen, const ConnectionOptions& options = {})
      : MemoryPeer(chargen, options, Address::loopback(AF_INET, 49152), 0) {}

  std::string take(std::size_t count) {
    set_window(count);
    return received();
  }
};

// The pattern of the RFC, one character after the other.
std::string expected(std::size_t size) {
  std::string text;
  for (std::size_t line = 0; text.size() < size; ++line) {
    for (std::size_t column = 0; column < 72; ++column) {
      text += static_cast<char>(' ' + (line + column) % 95);
    }
    text += "\r\n";
  }
  text.resize(size);
  return text;
}

}  // namespace

Test(chargen, begins_with_the_lines_of_the_rfc) {
  Chargen chargen;
  Peer peer(chargen);
  cr_expect(peer.take(2 * 74) ==
            R"( !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefg)"
            "\r\n"
            R"(!"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefgh)"
            "\r\n");
}

Test(chargen, starts_again_after_ninety_five_lines) {
  Chargen chargen;
  Peer peer(chargen);
  const std::string text = peer.take(2 * Chargen::kRound);
  cr_expect(Chargen::kRound == 95 * 74);
  cr_expect(text == expected(2 * Chargen::kRound));
  cr_expect(text.substr(0, Chargen::kRound) == text.substr(Chargen::kRound));
}

Test(chargen, sends_without_a_gap_however_little_the_peer_reads_at_once) {
  Chargen chargen;
  const ConnectionOptions options{.high_water = 20'000};
  Peer peer(chargen, options);
  std::string text;
  std::size_t step = 1;
  while (text.size() < 200'000) {
    text += peer.take(step);
    step = step * 7 % 5'003;
  }
  cr_expect(text == expected(text.size()));
}

Test(chargen, sends_as_much_as_the_peer_reads) {
  Chargen chargen;
  Peer peer(chargen);
  const std::string text = peer.take(5'000'000);
  cr_expect(text.size() == 5'000'000, "%zu", text.size());
  cr_expect(text == expected(text.size()));
}

Test(chargen, queues_at_most_the_high_water_mark_and_one_round) {
  Chargen chargen;
  const ConnectionOptions options{.high_water = 20'000, .queue_limit = 20'000 + Chargen::kRound};
  Peer peer(chargen, options);
  for (int i = 0; i < 200; ++i) {
    cr_assert(!peer.closed());
    const std::size_t held = peer.connection().queued();
    cr_assert(held > 0 && held <= options.high_water + Chargen::kRound, "%zu", held);
    (void)peer.take(997);
  }
}

Test(chargen, drops_what_the_peer_sends) {
  Chargen chargen;
  const ConnectionOptions options{.high_water = 20'000};
  Peer peer(chargen, options);
  peer.send(std::string(100'000, 'x'), 10'000);
  const std::string text = peer.take(1'000'000);
  cr_expect(text == expected(1'000'000));
  cr_expect(peer.unread() == 0);
  cr_expect(peer.connection().bytes_in() == 100'000);
  cr_expect(peer.connection().unconsumed().empty());
}

Test(chargen, continues_after_the_peer_half_closes) {
  Chargen chargen;
  Peer peer(chargen);
  (void)peer.take(400'000);  // so that it reads, and sees the end
  peer.end();
  cr_expect(!peer.closed());
  std::string text = peer.take(1'000'000);
  cr_expect(text.size() == 1'000'000, "%zu", text.size());
  cr_assert(!peer.closed());
  cr_expect(peer.connection().peer_ended());
  text = peer.take(1'000'000);
  cr_expect(text.size() == 1'000'000, "%zu", text.size());
  cr_expect(!peer.saw_end());
}

Test(chargen, closes_when_the_peer_resets) {
  Chargen chargen;
  Peer peer(chargen);
  (void)peer.take(1'000);
  peer.reset();
  cr_expect(peer.close_reason() == CloseReason::peer_reset);
}

Test(chargen, does_not_wait_forever_for_a_peer_that_reads_nothing) {
  Chargen chargen;
  const ConnectionOptions options;
  Peer peer(chargen, options);
  peer.advance(options.write_timeout + std::chrono::milliseconds(1));
  cr_expect(peer.close_reason() == CloseReason::write_timeout);
}

Test(chargen, stops_when_another_function_closes_the_connection) {
  Chargen chargen;
  Peer peer(chargen);
  peer.connection().close();
  (void)peer.take(1'000'000);
  cr_expect(peer.saw_end());
}

Test(chargen, ignores_a_connection_that_closes_before_the_next_fill) {
  Loop loop(LoopOptions{.virtual_time = true});
  {
    Chargen chargen;
    MemoryPeer peer(loop, chargen, {}, Address::loopback(AF_INET, 49152), 0);
    chargen.on_writable(peer.connection());
    peer.connection().abort();
  }
  for (int turn = 0; turn < 3; ++turn) loop.poll();
  cr_expect(loop.counters().connections_open == 0);
}

Test(chargen, serves_two_fast_peers_side_by_side) {
  Chargen chargen;
  Loop loop(backend_options());
  Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), chargen);
  const Address to = listener.endpoint().address();
  std::string text[2];
  sluice::Fd fd[2];
  for (auto& client : fd) {
    client.reset(::socket(AF_INET, SOCK_STREAM, 0));
    cr_assert(::connect(client.get(), to.data(), to.size()) == 0);
  }
  for (int turn = 0; turn < 100'000 && text[1].size() < 3'000'000; ++turn) {
    loop.poll();
    for (int i = 0; i < 2; ++i) {
      char buffer[65'536];
      const ssize_t count = ::recv(fd[i].get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (count > 0) text[i].append(buffer, static_cast<std::size_t>(count));
    }
  }
  for (const std::string& one : text) {
    cr_expect(one.size() > 1'000'000, "%zu", one.size());
    cr_expect(one == expected(one.size()));
  }
}

Test(chargen, answers_a_datagram_with_a_varying_number_of_up_to_512_characters) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService chargen(loop, Endpoint::from("udp://127.0.0.1:0"), guard, chargen_answer(),
                                AnswerSize::any, {}, {.per_source = 1000});
  const UdpProbe probe;
  std::set<std::size_t> sizes;
  for (int i = 0; i < 200; ++i) {
    const std::string answer = probe.ask(loop, "", chargen.endpoint().address());
    cr_expect(answer.size() <= 512);
    cr_expect(answer == expected(answer.size()));
    sizes.insert(answer.size());
  }
  cr_expect(sizes.size() > 50, "%zu", sizes.size());
  cr_expect(*sizes.begin() < 100 && *sizes.rbegin() > 400);
}
