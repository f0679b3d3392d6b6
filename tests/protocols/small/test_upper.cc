// Upper: a-z become A-Z and nothing else changes, at any length and position and in any locale.
#include <clocale>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/text.h"
#include "support/udp_probe.h"
#include <sluice/datagram_service.h>
#include <sluice/memory_peer.h>
#include <sluice/reply_guard.h>
#include <sluice/upper.h>

using sluice::CloseReason;
using sluice::ConnectionOptions;
using sluice::DatagramService;
using sluice::Endpoint;
using sluice::Loop;
using sluice::MemoryPeer;
using sluice::ReplyGuard;
using sluice::to_upper_ascii;
using sluice::Upper;
using sluice::upper_answer;
using sluice::test::bytes_of;
using sluice::test::every_byte;
using sluice::test::UdpProbe;

namespace {

// The expected result, computed one byte after the other.
std::string expected(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::string letters(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 26 - i / 26 % 2 * 32);
  return text;
}

}  // namespace

Test(upper, changes_the_letters_of_ascii_and_nothing_else) {
  const std::string in = every_byte();
  std::string out(in.size(), '?');
  to_upper_ascii(bytes_of(in), std::as_writable_bytes(std::span(out)));
  cr_expect(out == expected(in));
}

Test(upper, converts_each_byte_alike_at_every_position) {
  for (std::size_t place = 0; place < 20; ++place) {
    for (int value = 0; value < 256; ++value) {
      for (const char neighbour : {'\x00', 'z', '\x7f', '\xff'}) {
        std::string in(20, neighbour);
        in[place] = static_cast<char>(value);
        std::string out(in.size(), '?');
        to_upper_ascii(bytes_of(in), std::as_writable_bytes(std::span(out)));
        cr_assert(out == expected(in), "byte %d at %zu", value, place);
      }
    }
  }
}

Test(upper, writes_as_many_bytes_as_it_reads) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string in(size, 'q');
    std::string out(41, '?');
    to_upper_ascii(bytes_of(in), std::as_writable_bytes(std::span(out)));
    cr_assert(out == std::string(size, 'Q') + std::string(41 - size, '?'));
  }
}

Test(upper, works_in_place) {
  std::string text = "in its own place, twenty-six letters";
  const std::string want = expected(text);
  to_upper_ascii(bytes_of(text), std::as_writable_bytes(std::span(text)));
  cr_expect(text == want);
}

Test(upper, keeps_utf_8_valid_in_every_locale) {
  for (const char* locale : {"C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.ISO-8859-1"}) {
    if (std::setlocale(LC_ALL, locale) == nullptr) continue;
    Upper upper;
    MemoryPeer peer(upper);
    peer.send("straße, naïve, ıi, ÿ");
    cr_expect(peer.received() == "STRAßE, NAïVE, ıI, ÿ", "in locale %s", locale);
  }
}

Test(upper, sends_pieces_back_in_their_order) {
  Upper upper;
  MemoryPeer peer(upper);
  const std::string text = letters(1'000);
  peer.send(text, 7);
  cr_expect(peer.received() == expected(text));
}

Test(upper, sends_back_an_input_that_is_longer_than_its_buffer) {
  for (const std::size_t size : {Upper::kMaxPiece - 1, Upper::kMaxPiece, Upper::kMaxPiece + 1,
                                 2 * Upper::kMaxPiece, 3 * Upper::kMaxPiece + 5}) {
    Upper upper;
    MemoryPeer peer(upper);
    const std::string text = letters(size);
    peer.send(text);
    cr_expect(peer.received() == expected(text), "%zu bytes", size);
  }
}

Test(upper, sends_everything_back_before_it_closes) {
  Upper upper;
  MemoryPeer peer(upper);
  peer.set_window(4);
  peer.send("last words");
  peer.end();
  cr_expect(peer.received() == "LAST");
  cr_expect(!peer.closed());
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(peer.received() == " WORDS");
  cr_expect(peer.close_reason() == CloseReason::peer_closed);
}

Test(upper, queues_at_most_the_high_water_mark_and_one_read_for_a_peer_that_reads_nothing) {
  Upper upper;
  const ConnectionOptions options{.high_water = 100'000};
  MemoryPeer peer(upper, options);
  const std::string text = letters(3'000'000);
  peer.set_window(0);
  peer.send(text);
  cr_expect(peer.connection().queued() > options.high_water);
  cr_expect(peer.connection().queued() <= options.high_water + Loop::kReadBufferSize);
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(peer.received() == expected(text));
}

Test(upper, answers_with_a_datagram_of_the_same_size) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService upper(loop, Endpoint::from("udp://127.0.0.1:0"), guard, upper_answer);
  const UdpProbe probe;
  const auto& to = upper.endpoint().address();
  cr_expect(probe.ask(loop, every_byte(), to) == expected(every_byte()));
  cr_expect(probe.ask(loop, "", to).empty());
  const std::string largest = letters(65'507);
  cr_expect(probe.ask(loop, largest, to) == expected(largest));
}
