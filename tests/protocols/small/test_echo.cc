// Echo, over a stream in memory and over UDP: it sends its input back, with a limited queue.
#include <string>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/text.h"
#include "support/udp_probe.h"
#include <sluice/datagram_service.h>
#include <sluice/echo.h>
#include <sluice/memory_peer.h>
#include <sluice/reply_guard.h>

using sluice::Address;
using sluice::CloseReason;
using sluice::ConnectionOptions;
using sluice::DatagramService;
using sluice::Echo;
using sluice::echo_answer;
using sluice::Endpoint;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::MemoryPeer;
using sluice::ReplyGuard;
using sluice::test::every_byte;
using sluice::test::numbered;
using sluice::test::own_loopback;
using sluice::test::UdpProbe;

Test(echo, sends_every_byte_back) {
  Echo echo;
  MemoryPeer peer(echo);
  peer.send(every_byte());
  cr_expect(peer.received() == every_byte());
}

Test(echo, sends_nothing_without_input) {
  Echo echo;
  MemoryPeer peer(echo);
  peer.settle();
  cr_expect(peer.received().empty());
  cr_expect(!peer.saw_end());
}

Test(echo, sends_pieces_back_in_their_order) {
  Echo echo;
  MemoryPeer peer(echo);
  const std::string text = numbered(1'000);
  peer.send(text, 1);
  cr_expect(peer.received() == text);
}

Test(echo, does_not_mix_the_connections_that_share_it) {
  Echo echo;
  Loop loop(LoopOptions{.virtual_time = true});
  MemoryPeer one(loop, echo);
  MemoryPeer two(loop, echo);
  one.send("one");
  two.send("two");
  cr_expect(one.received() == "one");
  cr_expect(two.received() == "two");
  one.end();
  cr_expect(one.closed());
  cr_expect(!two.closed());
}

Test(echo, closes_when_the_peer_half_closes) {
  Echo echo;
  MemoryPeer peer(echo);
  peer.send("last words");
  peer.end();
  cr_expect(peer.received() == "last words");
  cr_expect(peer.saw_end());
  cr_expect(!peer.saw_reset());
  cr_expect(peer.close_reason() == CloseReason::peer_closed);
}

Test(echo, sends_everything_back_before_it_closes) {
  Echo echo;
  MemoryPeer peer(echo);
  peer.set_window(4);
  peer.send("last words");
  peer.end();
  cr_expect(peer.received() == "last");
  cr_expect(!peer.closed());
  cr_expect(!peer.saw_end());
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(peer.received() == " words");
  cr_expect(peer.close_reason() == CloseReason::peer_closed);
}

Test(echo, queues_at_most_the_high_water_mark_and_one_read_for_a_peer_that_reads_nothing) {
  Echo echo;
  const ConnectionOptions options{.high_water = 100'000};
  MemoryPeer peer(echo, options);
  const std::string text = numbered(3'000'000);
  peer.set_window(0);
  peer.send(text);
  const std::size_t held = peer.connection().queued();
  cr_expect(held > options.high_water, "%zu", held);
  cr_expect(held <= options.high_water + Loop::kReadBufferSize, "%zu", held);
  cr_expect(peer.unread() == text.size() - held);
  peer.set_window(MemoryPeer::kUnlimited);
  peer.end();
  cr_expect(peer.received() == text);
  cr_expect(peer.close_reason() == CloseReason::peer_closed);
}

Test(echo, answers_a_datagram_with_its_own_bytes) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService echo(loop, Endpoint::from("udp://127.0.0.1:0"), guard, echo_answer);
  const UdpProbe probe;
  const Address to = echo.endpoint().address();
  cr_expect(probe.ask(loop, every_byte(), to) == every_byte());
  cr_expect(probe.ask(loop, "x", to) == "x");
  const std::string largest = numbered(65'507);
  cr_expect(probe.ask(loop, largest, to) == largest);
}

Test(echo, answers_an_empty_datagram_with_an_empty_one) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService echo(loop, Endpoint::from("udp://127.0.0.1:0"), guard, echo_answer);
  const UdpProbe probe;
  cr_expect(probe.ask(loop, "", echo.endpoint().address()).empty());
}

Test(echo, answers_over_ipv6) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService echo(loop, Endpoint::from("udp://[::1]:0"), guard, echo_answer);
  const UdpProbe probe(Address::loopback(AF_INET6, 0));
  cr_expect(probe.ask(loop, "six", echo.endpoint().address()) == "six");
}

Test(echo, answers_on_a_wildcard_socket_from_the_address_of_the_request) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService echo(loop, Endpoint::from("udp://0.0.0.0:0"), guard, echo_answer);
  const UdpProbe probe;
  const Address asked = own_loopback(echo.endpoint().address().port());
  cr_expect(probe.ask(loop, "here", asked) == "here");
}

Test(echo, does_not_answer_the_port_of_nfs) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService echo(loop, Endpoint::from("udp://127.0.0.1:0"), guard, echo_answer);
  const UdpProbe forger(own_loopback(2049));
  const UdpProbe honest(own_loopback(0));
  forger.send("loop?", echo.endpoint().address());
  // A later request is answered later, so its answer shows that the first was handled.
  cr_expect(honest.ask(loop, "mine", echo.endpoint().address()) == "mine");
  cr_expect(!forger.waiting().has_value());
  cr_expect(guard.refused() == 1);
}

Test(echo, does_not_answer_another_echo_forever) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService one(loop, Endpoint::from("udp://127.0.0.1:0"), guard, echo_answer);
  DatagramService two(loop, Endpoint::from("udp://127.0.0.1:0"), guard, echo_answer);
  // The datagram that one receives if an attacker forges the address of two.
  two.socket().send_to(sluice::test::bytes_of("ping"), one.endpoint().address());
  loop.run_once();
  std::uint64_t before = 0;
  do {
    before = loop.counters().datagrams_in;
    for (int i = 0; i < 10; ++i) loop.poll();
  } while (loop.counters().datagrams_in != before);
  cr_expect(guard.refused() == 1);
  cr_expect(before > 1 && before <= 2 * sluice::AnswerLimits::kToServicePort + 1,
            "%lu datagrams came in", before);
}
