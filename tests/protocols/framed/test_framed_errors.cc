// Rejected frames: which close the connection, which are skipped and how far, and the reports.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/messages.h"
#include "support/streams.h"
#include <sluice/framed.h>
#include <sluice/listener.h>

using namespace sluice;
using namespace sluice::test;

namespace {

// Checks the events that `wire` causes, and how the connection ends.
void expect_course(std::string_view name, const FramingOptions& options, const std::string& wire,
                   const Lines& want) {
  for (const std::size_t piece : {MemoryPeer::kUnlimited, std::size_t{1}}) {
    FramedWorld world(name, options);
    world.peer.send(wire, piece);
    if (!world.peer.closed() && !world.peer.saw_end()) world.peer.end();
    expect_events(world.journal.events, want, name);
    world.peer.end();
    cr_expect(world.peer.closed() && !world.peer.saw_reset(), "%s", std::string(name).c_str());
  }
}

}  // namespace

Test(framed_errors, send_earlier_answers_before_a_malformed_frame_closes_the_connection) {
  FramedWorld world("decimal:3");
  world.echo();
  world.peer.send("005hello0x5world");
  cr_expect(world.peer.received() == "005hello");
  cr_expect(world.peer.saw_end() && !world.peer.saw_reset());
  expect_events(
      world.journal.events,
      {"message hello", "error 9: byte 0x78 in the length is not a digit; allowed: 0-9 (closed)"});
  cr_assert(world.peer.reports().size() == 1);
  cr_expect(world.peer.reports()[0].what.find("127.0.0.1:49152: at byte 9: byte 0x78") == 0);
}

Test(framed_errors, reject_a_message_that_is_too_long_in_every_framing) {
  constexpr std::string_view kLong = "more than ten bytes";
  for (const CodecFamily& family : codec_families()) {
    if (family.form == "fixed:N") continue;  // its limit is its size
    const auto codec = make_codec(family.example);
    const std::string ok = encoded(*codec, "ok");
    const std::string wire = ok + encoded(*codec, kLong) + ok;
    for (const bool strict : {true, false}) {
      FramedWorld world(family.example, {.limit = 10, .strict = strict});
      world.peer.send(wire, 1);
      const Lines& events = world.journal.events;
      cr_assert(events.size() == (strict ? 2U : 3U), "%s: %zu events",
                std::string(family.example).c_str(), events.size());
      cr_expect(events[0] == "message ok");
      cr_expect(events[1].ends_with(strict ? "(closed)" : "(skipped)"), "%s", events[1].c_str());
      cr_expect(strict || events[2] == "message ok");
      cr_expect(world.peer.saw_end() == strict);
    }
  }
}

Test(framed_errors, close_after_a_malformed_frame_whether_strict_or_not) {
  for (const bool strict : {true, false}) {
    const FramingOptions options{.strict = strict};
    expect_course("decimal:3", options, "001a00x",
                  {"message a",
                   "error 6: byte 0x78 in the length is not a digit; allowed: 0-9 "
                   "(closed)"});
    expect_course("netstring", options, "1:a,01:b,",
                  {"message a",
                   "error 4: the length has a leading zero; only the length 0 may "
                   "begin with 0 (closed)"});
    expect_course("netstring", options, "1:ab1:b,",
                  {"error 3: byte 0x62 follows the payload; allowed: \",\" (closed)"});
    expect_course("varint", options, from_hex("01 61 80 00"),
                  {"message a",
                   "error 3: the varint ends in a zero byte; only the shortest form is "
                   "allowed (closed)"});
  }
}

Test(framed_errors, skip_a_malformed_frame_if_its_end_can_be_found) {
  const std::string wire = from_hex("c0 61 c0 db 62 63 c0 64 c0");
  const std::string what = "error 4: byte 0x62 follows ESC (0xdb); allowed: 0xdc or 0xdd ";
  expect_course("slip", {.strict = true}, wire, {"message a", what + "(closed)"});
  expect_course("slip", {.strict = false}, wire,
                {"message a", what + "(skipped)", "message d", "end"});
}

Test(framed_errors, include_an_end_of_input_inside_a_frame_in_every_framing) {
  for (const CodecFamily& family : codec_families()) {
    const auto codec = make_codec(family.example);
    const std::string whole = encoded(*codec, messages_for(*codec)[0]);
    const std::string part = whole.substr(0, whole.size() - 1);
    for (const bool strict : {true, false}) {
      FramedWorld world(family.example, {.strict = strict});
      world.peer.send(whole + part);
      world.peer.end();
      Lines& events = world.journal.events;
      cr_assert(events.size() == (strict ? 2U : 3U), "%s", std::string(family.example).c_str());
      const std::string at = "error " + std::to_string(whole.size() + part.size()) + ": ";
      cr_expect(events[1].starts_with(at + "the input ends inside a frame, after"), "%s",
                events[1].c_str());
      cr_expect(events[1].ends_with(strict ? "(closed)" : "(skipped)"));
      cr_expect(world.peer.close_reason() == CloseReason::peer_closed);
    }
  }
}

Test(framed_errors, do_not_include_an_end_of_input_inside_a_skipped_frame) {
  FramedWorld world("decimal:3", {.limit = 10, .strict = false});
  world.peer.send("020only a part");
  world.peer.end();
  expect_events(world.journal.events,
                {"error 0: a message of 20 bytes is above the limit of 10 (skipped)", "end"});
}

Test(framed_errors, skip_at_most_the_allowed_number_of_bytes) {
  const FramingOptions options{.limit = 10, .strict = false, .max_skip = 1'000};
  // The header, and 992 or 993 bytes.
  for (const std::size_t size : {992, 993}) {
    FramedWorld world("u64be", options);
    std::string header(8, '\0');
    header[6] = static_cast<char>(size >> 8);
    header[7] = static_cast<char>(size & 0xff);
    world.peer.send(header);
    cr_expect(world.journal.events.back().ends_with(size == 992 ? "(skipped)" : "(closed)"));
  }
  FramedWorld forever("u64be", options);
  forever.peer.send(from_hex("80 00 00 00 00 00 00 00"));
  expect_events(forever.journal.events,
                {"error 0: a message of 9223372036854775808 bytes is above the limit of 10 "
                 "(closed)"});
}

Test(framed_errors, search_for_an_end_in_at_most_the_allowed_number_of_bytes) {
  const FramingOptions options{.limit = 10, .strict = false, .max_skip = 1'000};
  for (const char* name : {"line", "delimiter:0d0a", "slip"}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}}) {
      FramedWorld world(name, options);
      world.peer.send(std::string(2'000, 'x'), piece);
      const Lines& events = world.journal.events;
      cr_assert(events.size() == 2, "%s: %zu", name, events.size());
      cr_expect(events[0].ends_with("(skipped)"));
      cr_expect(events[1].find("the message has no end within the limit of 1000 bytes (closed)") !=
                std::string::npos);
      cr_expect(world.peer.saw_end());
    }
  }
}

Test(framed_errors, half_close_a_socket_and_do_not_reset_it) {
  Framing framing("decimal:3");
  std::vector<Report> reports;
  Loop loop(backend_options());
  loop.set_reporter([&reports](const Report& report) { reports.push_back(report); });
  const Listener listener(
      loop, Endpoint::from("tcp://127.0.0.1:0"),
      framed(framing, [](Connection& connection, Framing& self, std::span<const std::byte> in) {
        cr_expect(!self.send(connection, in));
      }));
  Peer peer(listener.endpoint().address());
  peer.send("005hello256" + std::string(10'000, 'x'));
  cr_expect(peer.receive_all(loop) == "005hello");
  cr_expect(peer.error() == 0);
  cr_assert(reports.size() == 1);
  cr_expect(reports[0].where == listener.endpoint().to_string());
  cr_expect(reports[0].what.ends_with(
      ": at byte 8: a message of 256 bytes is above the limit of 255; closed"));
}

Test(framed_errors, skip_however_long_a_frame_is_if_no_maximum_is_set) {
  const FramingOptions options{
      .limit = 3, .strict = false, .max_skip = std::numeric_limits<std::uint64_t>::max()};
  FramedWorld world("line", options);
  world.peer.send("abc\n" + std::string(100'000, 'x'));
  world.peer.send(std::string(100'000, 'x') + "\nabc\n");
  world.peer.end();
  cr_expect(world.journal.events.size() == 4, "%zu", world.journal.events.size());
  cr_expect(world.journal.events[2] == "message abc");
}
