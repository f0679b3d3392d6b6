// Discard: all input is counted and dropped.
#include <string>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/text.h"
#include "support/udp_probe.h"
#include <sluice/datagram_service.h>
#include <sluice/discard.h>
#include <sluice/memory_peer.h>
#include <sluice/reply_guard.h>

using sluice::CloseReason;
using sluice::DatagramService;
using sluice::Discard;
using sluice::Endpoint;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::MemoryPeer;
using sluice::ReplyGuard;
using sluice::test::numbered;
using sluice::test::UdpProbe;

Test(discard, sends_nothing_and_keeps_nothing) {
  Discard discard;
  MemoryPeer peer(discard);
  peer.send(numbered(1'000'000));
  cr_expect(peer.received().empty());
  cr_expect(peer.unread() == 0);
  cr_expect(peer.connection().unconsumed().empty());
  cr_expect(!peer.saw_end());
}

Test(discard, counts_the_bytes_of_all_its_connections) {
  Discard discard;
  Loop loop(LoopOptions{.virtual_time = true});
  MemoryPeer one(loop, discard);
  MemoryPeer two(loop, discard);
  cr_expect(discard.discarded() == 0);
  one.send("12345", 2);
  two.send("678");
  cr_expect(discard.discarded() == 8);
}

Test(discard, closes_when_the_peer_half_closes) {
  Discard discard;
  MemoryPeer peer(discard);
  peer.send("x");
  peer.end();
  cr_expect(peer.saw_end());
  cr_expect(!peer.saw_reset());
  cr_expect(peer.close_reason() == CloseReason::peer_closed);
}

Test(discard, answers_no_datagram) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService discard(loop, Endpoint::from("udp://127.0.0.1:0"), guard, {});
  const DatagramService echo(loop, Endpoint::from("udp://127.0.0.1:0"), guard,
                             [](auto request, auto) { return request; });
  const UdpProbe probe;
  probe.send("gone", discard.endpoint().address());
  while (loop.counters().datagrams_in == 0) loop.run_once();
  cr_expect(probe.ask(loop, "back", echo.endpoint().address()) == "back");
  cr_expect(!probe.waiting().has_value());
  cr_expect(loop.counters().datagrams_in == 2);
  cr_expect(loop.counters().datagrams_out == 1);
}
