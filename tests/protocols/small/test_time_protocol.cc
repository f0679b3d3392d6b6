// Time: the seconds since 1900 in four bytes.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/text.h"
#include "support/udp_probe.h"
#include <sluice/datagram_service.h>
#include <sluice/memory_peer.h>
#include <sluice/reply_guard.h>
#include <sluice/time_protocol.h>

using sluice::AnswerSize;
using sluice::CloseReason;
using sluice::DatagramService;
using sluice::Endpoint;
using sluice::Loop;
using sluice::MemoryPeer;
using sluice::ReplyGuard;
using sluice::time_protocol_answer;
using sluice::time_protocol_bytes;
using sluice::TimeProtocol;
using sluice::WallTime;
using sluice::test::text_of;
using sluice::test::UdpProbe;
using namespace std::string_literals;

namespace {

WallTime at(std::int64_t unix_seconds) { return WallTime(std::chrono::seconds(unix_seconds)); }

std::string bytes_at(std::int64_t unix_seconds) {
  return text_of(time_protocol_bytes(at(unix_seconds)));
}

constexpr std::int64_t kMoment = 1'795'227'430;
const std::string kBytes = "\xee\xab\x7d\xa6"s;

std::uint32_t number_of(std::string_view bytes) {
  cr_assert(bytes.size() == 4, "%zu bytes", bytes.size());
  std::uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

// The RFC's own list: "the time 1 is 12:00:01 am on 1 January 1900 GMT; the base will serve until
// 2036".
Test(time_protocol, gives_the_numbers_of_the_rfc) {
  cr_expect(number_of(bytes_at(0)) == 2'208'988'800);            // 1 January 1970
  cr_expect(number_of(bytes_at(189'302'400)) == 2'398'291'200);  // 1 January 1976
  cr_expect(number_of(bytes_at(315'532'800)) == 2'524'521'600);  // 1 January 1980
  cr_expect(number_of(bytes_at(420'595'200)) == 2'629'584'000);  // 1 May 1983
  cr_expect(number_of(bytes_at(-2'208'988'800 + 1)) == 1);
}

Test(time_protocol, sends_the_most_significant_byte_first) {
  cr_expect(bytes_at(-2'208'988'800 + 0x01020304) == "\x01\x02\x03\x04"s);
  cr_expect(bytes_at(kMoment) == kBytes);
}

Test(time_protocol, wraps_in_february_2036) {
  cr_expect(number_of(bytes_at(2'085'978'495)) == 0xffff'ffff);  // 2036-02-07 06:28:15 UTC
  cr_expect(number_of(bytes_at(2'085'978'496)) == 0);
}

Test(time_protocol, rounds_down_to_a_second) {
  cr_expect(text_of(time_protocol_bytes(at(kMoment) + std::chrono::milliseconds(999))) == kBytes);
  cr_expect(number_of(text_of(time_protocol_bytes(at(0) - std::chrono::milliseconds(1)))) ==
            2'208'988'799);
}

Test(time_protocol, sends_four_bytes_and_closes) {
  TimeProtocol time([] { return at(kMoment); });
  MemoryPeer peer(time);
  peer.settle();
  cr_expect(peer.received() == kBytes);
  cr_expect(peer.saw_end());
  peer.end();
  cr_expect(peer.close_reason() == CloseReason::closed);
}

Test(time_protocol, uses_the_clock_of_the_system_by_default) {
  const std::uint32_t before =
      number_of(text_of(time_protocol_bytes(std::chrono::system_clock::now())));
  TimeProtocol time;
  MemoryPeer peer(time);
  peer.settle();
  cr_expect(number_of(peer.received()) - before <= 5);
}

Test(time_protocol, drops_what_the_peer_sends) {
  TimeProtocol time([] { return at(kMoment); });
  MemoryPeer peer(time);
  peer.send("what time is it?");
  cr_expect(peer.received() == kBytes);
  cr_expect(peer.unread() == 0);
  cr_expect(!peer.saw_reset());
}

Test(time_protocol, answers_any_datagram_with_four_bytes) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService time(loop, Endpoint::from("udp://127.0.0.1:0"), guard,
                             time_protocol_answer([] { return at(kMoment); }), AnswerSize::any);
  const UdpProbe probe;
  cr_expect(probe.ask(loop, "", time.endpoint().address()) == kBytes);
  cr_expect(probe.ask(loop, "what?", time.endpoint().address()) == kBytes);
}
