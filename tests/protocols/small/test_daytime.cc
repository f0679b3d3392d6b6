// Daytime: one line in UTC, whatever the time zone and the locale.
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <ctime>
#include <string>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/udp_probe.h"
#include <sluice/datagram_service.h>
#include <sluice/daytime.h>
#include <sluice/memory_peer.h>
#include <sluice/reply_guard.h>

using sluice::AnswerSize;
using sluice::CloseReason;
using sluice::DatagramService;
using sluice::Daytime;
using sluice::daytime_answer;
using sluice::daytime_line;
using sluice::DaytimeFormat;
using sluice::Endpoint;
using sluice::Loop;
using sluice::MemoryPeer;
using sluice::ReplyGuard;
using sluice::WallTime;
using sluice::test::UdpProbe;

namespace {

WallTime at(std::int64_t unix_seconds) { return WallTime(std::chrono::seconds(unix_seconds)); }

constexpr std::int64_t kMoment = 1'795'227'430;
const char* const kLine = "Saturday, November 21, 2026 02:17:10-UTC\r\n";

}  // namespace

Test(daytime, writes_the_format_of_the_rfc) { cr_expect(daytime_line(at(kMoment)) == kLine); }

// RFC 867 leaves the format free; this one is that of ctime(3), with 24 characters.
Test(daytime, writes_the_format_of_ctime) {
  cr_expect(daytime_line(at(kMoment), DaytimeFormat::ctime) == "Sat Nov 21 02:17:10 2026\r\n");
  for (std::int64_t t = 0; t < 4'102'444'800; t += 1'799'999) {
    const std::time_t when = t;
    std::tm parts{};
    cr_assert(::gmtime_r(&when, &parts) != nullptr);
    char text[32];
    cr_assert(::asctime_r(&parts, text) != nullptr);
    const std::string want = std::string(text, 24) + "\r\n";
    cr_assert(daytime_line(at(t), DaytimeFormat::ctime) == want, "%s", want.c_str());
  }
}

Test(daytime, sends_the_format_that_it_was_made_with) {
  Daytime daytime([] { return at(kMoment); }, DaytimeFormat::ctime);
  MemoryPeer peer(daytime);
  peer.settle();
  cr_expect(peer.received() == "Sat Nov 21 02:17:10 2026\r\n");
}

Test(daytime, writes_every_weekday) {
  for (const char* day :
       {"Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"}) {
    static int days = 0;
    const std::string line = daytime_line(at(86'400LL * days++));
    cr_expect(line.rfind(day, 0) == 0, "%s is no %s", line.c_str(), day);
  }
}

Test(daytime, agrees_with_the_calendar_of_the_system) {
  cr_assert(std::setlocale(LC_ALL, "C") != nullptr);
  // About every three weeks from 1900 to 2100, at all times of day.
  for (std::int64_t t = -2'208'988'800; t < 4'102'444'800; t += 1'799'999) {
    const std::time_t when = t;
    std::tm parts{};
    cr_assert(::gmtime_r(&when, &parts) != nullptr);
    char text[80];
    cr_assert(std::strftime(text, sizeof text, "%A, %B ", &parts) > 0);
    std::string want = text + std::to_string(parts.tm_mday);
    cr_assert(std::strftime(text, sizeof text, ", %Y %H:%M:%S-UTC\r\n", &parts) > 0);
    want += text;
    cr_assert(daytime_line(at(t)) == want, "%s", want.c_str());
  }
}

Test(daytime, rounds_down_to_a_second) {
  cr_expect(daytime_line(at(kMoment) + std::chrono::milliseconds(999)) == kLine);
  cr_expect(daytime_line(at(0) - std::chrono::milliseconds(1)) ==
            "Wednesday, December 31, 1969 23:59:59-UTC\r\n");
}

Test(daytime, ignores_the_time_zone_and_the_locale) {
  ::setenv("TZ", "Asia/Kathmandu", 1);
  ::tzset();
  std::setlocale(LC_ALL, "");
  cr_expect(daytime_line(at(kMoment)) == kLine);
}

Test(daytime, sends_its_line_and_closes) {
  Daytime daytime([] { return at(kMoment); });
  MemoryPeer peer(daytime);
  peer.settle();
  cr_expect(peer.received() == kLine);
  cr_expect(peer.saw_end());
  peer.end();
  cr_expect(peer.close_reason() == CloseReason::closed);
}

Test(daytime, reads_the_clock_for_each_connection) {
  std::int64_t now = kMoment;
  Daytime daytime([&now] { return at(now); });
  MemoryPeer first(daytime);
  now += 1;
  MemoryPeer second(daytime);
  first.settle();
  second.settle();
  cr_expect(first.received() == kLine);
  cr_expect(second.received() == "Saturday, November 21, 2026 02:17:11-UTC\r\n");
}

Test(daytime, uses_the_clock_of_the_system_by_default) {
  const std::string before = daytime_line(std::chrono::system_clock::now());
  Daytime daytime;
  MemoryPeer peer(daytime);
  peer.settle();
  const std::string line = peer.received();
  const std::string after = daytime_line(std::chrono::system_clock::now());
  cr_expect(line == before || line == after, "%s", line.c_str());
}

Test(daytime, drops_what_the_peer_sends) {
  Daytime daytime([] { return at(kMoment); });
  MemoryPeer peer(daytime);
  peer.send("what time is it?");
  cr_expect(peer.received() == kLine);
  cr_expect(peer.unread() == 0);
  cr_expect(!peer.saw_reset());
}

Test(daytime, answers_any_datagram_with_its_line) {
  Loop loop(backend_options());
  ReplyGuard guard(loop);
  const DatagramService daytime(loop, Endpoint::from("udp://127.0.0.1:0"), guard,
                                daytime_answer([] { return at(kMoment); }), AnswerSize::any);
  const UdpProbe probe;
  cr_expect(probe.ask(loop, "", daytime.endpoint().address()) == kLine);
  cr_expect(probe.ask(loop, "what?", daytime.endpoint().address()) == kLine);
}
