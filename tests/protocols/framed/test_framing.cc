// What the connections of a listener share: invalid limits, sending, and reports.
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/messages.h"
#include "support/streams.h"
#include <sluice/framing.h>
#include <sluice/loop.h>
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;

namespace {

std::string refusal(std::string_view name, const FramingOptions& options) {
  try {
    const Framing framing(name, options);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

CodecError some_error() {
  CodecError error{.fault = CodecFault::too_long};
  error.found = 300;
  error.allowed = 255;
  error.offset = 34;
  return error;
}

}  // namespace

Test(framing, uses_the_default_limit_of_the_codec) {
  cr_expect(Framing("decimal:3").limit() == 255);
  cr_expect(Framing("u8").limit() == 255);
  cr_expect(Framing("line").limit() == 65'536);
  cr_expect(Framing("fixed:16").limit() == 16);
  cr_expect(Framing("line").is_strict());
  cr_expect(Framing("u32be", {.limit = 7, .strict = false}).limit() == 7);
  cr_expect(!Framing("u32be", {.limit = 7, .strict = false}).is_strict());
}

Test(framing, rejects_a_limit_above_the_maximum_of_the_format) {
  cr_expect(refusal("decimal:3", {.limit = 999}).empty());
  cr_expect(refusal("decimal:3", {.limit = 1000}) ==
            "the limit 1000 on a message of framing decimal:3 is out of range; allowed: 0-999");
  cr_expect(refusal("u8", {.limit = 256}) ==
            "the limit 256 on a message of framing u8 is out of range; allowed: 0-255");
  cr_expect(refusal("u16le", {.limit = 65'536}).find("allowed: 0-65535") != std::string::npos);
}

Test(framing, rejects_a_limit_with_which_nothing_could_be_received) {
  cr_expect(refusal("fixed:16", {.limit = 15}) ==
            "the limit 15 on a message of framing fixed:16 is out of range; allowed: 16");
  cr_expect(refusal("fixed:16", {.limit = 17}).find("allowed: 16") != std::string::npos);
  cr_expect(refusal("fixed:16", {.limit = 16}).empty());
  cr_expect(refusal("slip", {.limit = 0}).find("allowed: 1-") != std::string::npos);
  cr_expect(refusal("slip", {.limit = 1}).empty());
  cr_expect(refusal("netstring", {.limit = 0}).empty());
}

Test(framing, rejects_an_unknown_name) {
  cr_expect(refusal("morse", {}).find("unknown framing \"morse\"") == 0);
}

Test(framing, requires_an_input_limit_for_a_frame_and_the_input_after_it) {
  for (const CodecFamily& family : codec_families()) {
    const auto codec = make_codec(family.example);
    const std::size_t limit = codec->default_limit();
    cr_expect(Framing::input_limit_for(*codec, limit) >=
              codec->max_frame_size(limit) + Loop::kReadBufferSize);
  }
}

Test(framing, sends_header_payload_and_trailer_in_order) {
  for (const CodecFamily& family : codec_families()) {
    Framing framing(family.example);
    Handler handler;
    MemoryPeer peer(handler);
    const std::string message(16, 'm');
    cr_expect(!framing.send(peer.connection(), bytes_of(message)));
    peer.settle();
    cr_expect(peer.received() == encoded(framing.codec(), message), "%s",
              std::string(family.example).c_str());
  }
}

Test(framing, sends_nothing_of_a_message_that_it_cannot_encode) {
  Framing framing("u8");
  Handler handler;
  MemoryPeer peer(handler);
  const std::string message(256, 'm');
  const CodecError error = framing.send(peer.connection(), bytes_of(message));
  cr_expect(error.fault == CodecFault::payload_too_long && error.found == 256);
  peer.settle();
  cr_expect(peer.received().empty());
}

Test(framing, drops_a_message_as_a_whole_or_not_at_all) {
  Framing framing("decimal:3");
  Handler handler;
  const ConnectionOptions options{
      .high_water = 20, .queue_limit = 20, .overflow = OverflowPolicy::drop_newest};
  MemoryPeer peer(handler, options);
  peer.set_window(0);
  for (const char* message : {"0123456789", "too long", "abcd"}) {
    cr_expect(!framing.send(peer.connection(), bytes_of(message)));
  }
  cr_expect(peer.loop().counters().dropped_bytes == 11);
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(peer.received() == "0100123456789004abcd");
}

Test(framing, closes_at_the_queue_limit_as_every_send_does) {
  Framing framing("decimal:3");
  Handler handler;
  MemoryPeer peer(handler, {.high_water = 20, .queue_limit = 20});
  peer.set_window(0);
  cr_expect(!framing.send(peer.connection(), bytes_of("0123456789")));
  cr_expect(!framing.send(peer.connection(), bytes_of("too long")));
  peer.settle();
  cr_expect(peer.close_reason() == CloseReason::queue_limit);
}

Test(framing, reports_the_endpoint_the_peer_and_the_error) {
  Framing framing("decimal:3");
  Handler handler;
  MemoryPeer peer(handler);
  framing.report(peer.connection(), some_error());
  cr_assert(peer.reports().size() == 1);
  const Report& report = peer.reports().front();
  cr_expect(report.kind == Report::Kind::malformed);
  cr_expect(report.what ==
            "127.0.0.1:49152: at byte 34: a message of 300 bytes is above the limit of 255; "
            "closed");
  cr_expect(report.count == 1);
}

Test(framing, names_the_endpoint_of_a_socket) {
  Framing framing("line");
  for (const bool tcp : {true, false}) {
    Handler handler;
    Report reported;
    Loop loop;
    loop.set_reporter([&reported](const Report& report) { reported = report; });
    Pair pair = tcp ? tcp_pair() : unix_pair();
    Framing fresh("line");
    fresh.report(Connection::adopt(loop, std::move(pair.ours), handler), some_error());
    const std::string where = tcp ? "tcp://127.0.0.1:" : "";
    const std::string who = tcp ? "127.0.0.1:" : "a local peer: at byte 34";
    cr_expect(reported.where.find(where) == 0, "%s", reported.where.c_str());
    cr_expect(reported.what.find(who) == 0, "%s", reported.what.c_str());
  }
}

Test(framing, reports_once_a_second_and_counts_the_rest) {
  Framing framing("decimal:3");
  Handler handler;
  MemoryPeer peer(handler);
  for (int i = 0; i < 100; ++i) framing.report(peer.connection(), some_error());
  cr_expect(peer.reports().size() == 1);
  framing.report_unsent(peer.connection(), some_error());
  peer.advance(std::chrono::milliseconds(1'000));
  cr_assert(peer.reports().size() == 2);
  cr_expect(peer.reports().back().count == 100);
  cr_expect(peer.reports().back().what.find("127.0.0.1:49152: no answer: a message of 300") == 0);
  cr_expect(framing.faults() == 101);
}

Test(framing, reports_at_the_loops_end_what_it_held_back) {
  Framing framing("decimal:3");
  Handler handler;
  std::vector<Report> reports;
  {
    Pair pair = unix_pair();
    Loop loop;
    loop.set_reporter([&reports](const Report& report) { reports.push_back(report); });
    Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
    for (int i = 0; i < 3; ++i) framing.report(connection, some_error());
    cr_expect(reports.size() == 1);
  }
  cr_assert(reports.size() == 2);
  cr_expect(reports[1].count == 2);
}
