// Greet: sends one text, and closes.
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "support/text.h"
#include <sluice/greet.h>
#include <sluice/memory_peer.h>

using sluice::CloseReason;
using sluice::ConnectionOptions;
using sluice::Greet;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::MemoryPeer;
using sluice::test::numbered;
using namespace std::string_literals;

namespace {

std::string greeting(std::string_view text) {
  Greet greet(text);
  MemoryPeer peer(greet);
  peer.settle();
  return peer.received();
}

}  // namespace

Test(greet, sends_its_text_and_adds_nothing) {
  cr_expect(greeting("hello") == "hello");
  cr_expect(greeting("hello\n") == "hello\n");
}

Test(greet, sends_nothing_for_an_empty_text) { cr_expect(greeting("").empty()); }

Test(greet, sends_every_byte_unchanged) { cr_expect(greeting("a\0b\r"s) == "a\0b\r"s); }

Test(greet, closes_after_its_text) {
  Greet greet("hello");
  MemoryPeer peer(greet);
  peer.settle();
  cr_expect(peer.saw_end());
  cr_expect(!peer.saw_reset());
  peer.end();
  cr_expect(peer.close_reason() == CloseReason::closed);
}

Test(greet, does_not_wait_forever_for_the_peer_to_close) {
  Greet greet("hello");
  const ConnectionOptions options;
  MemoryPeer peer(greet, options);
  peer.advance(options.linger_timeout + std::chrono::milliseconds(1));
  cr_expect(peer.closed());
  cr_expect(peer.received() == "hello");
}

Test(greet, drops_what_the_peer_sends) {
  Greet greet("hello");
  MemoryPeer peer(greet);
  peer.send("who is there?");
  cr_expect(peer.received() == "hello");
  cr_expect(peer.unread() == 0);
  cr_expect(!peer.saw_reset());
}

Test(greet, sends_all_of_a_long_text_to_a_slow_peer) {
  const std::string text = numbered(300'000) + "\n";
  Greet greet(text);
  Loop loop(LoopOptions{.virtual_time = true});
  MemoryPeer slow(loop, greet);
  MemoryPeer fast(loop, greet);
  cr_expect(fast.received() == text);
  std::string got = slow.received();
  for (int i = 0; i < 1'000 && got.size() < text.size(); ++i) {
    slow.set_window(1'000);
    got += slow.received();
  }
  cr_expect(got == text);
  cr_expect(slow.saw_end());
}
