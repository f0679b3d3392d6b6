// Handlers get only whole messages, however the stream is split, wherever the handler stops, and
// whatever the peer sends.
#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/messages.h"
#include "support/streams.h"
#include <sluice/framed.h>
#include <sluice/listener.h>
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;

namespace {

Lines as_events(const Lines& messages, bool end = false) {
  Lines events;
  for (const std::string& message : messages) events.push_back("message " + message);
  if (end) events.emplace_back("end");
  return events;
}

}  // namespace

Test(framed, delivers_whole_messages_in_every_framing_however_the_stream_is_split) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same pieces every time
  for (const CodecFamily& family : codec_families()) {
    const auto codec = make_codec(family.example);
    const Lines messages = messages_for(*codec);
    const std::string wire = framed_stream(*codec, messages);
    for (int round = 0; round < 20; ++round) {
      FramedWorld world(family.example);
      if (round < 2) {
        world.peer.send(wire, round == 0 ? MemoryPeer::kUnlimited : 1);
      } else {
        for (std::size_t at = 0; at < wire.size();) {
          const std::size_t size = 1 + random() % 20;
          world.peer.send(wire.substr(at, size));
          at += size;
        }
      }
      world.peer.end();
      expect_events(world.journal.events, as_events(messages, true), family.example);
      cr_expect(world.peer.close_reason() == CloseReason::peer_closed);
    }
  }
}

Test(framed, sends_messages_back_in_every_framing) {
  for (const CodecFamily& family : codec_families()) {
    FramedWorld world(family.example);
    world.echo();
    const std::string wire =
        framed_stream(world.framing.codec(), messages_for(world.framing.codec()));
    world.peer.send(wire, 3);
    cr_expect(world.peer.received() == wire, "%s", std::string(family.example).c_str());
  }
}

Test(framed, works_with_a_function_instead_of_a_class) {
  Framing framing("decimal:3");
  const ProtocolFactory factory =
      framed(framing, [](Connection& connection, Framing& self, std::span<const std::byte> in) {
        cr_expect(!self.send(connection, in));
        cr_expect(!self.send(connection, bytes_of("!")));
      });
  Address nobody;
  MemoryPeer peer(factory(nobody));
  peer.send("005hello");
  cr_expect(peer.received() == "005hello001!");
}

Test(framed, stops_in_the_middle_of_a_read_when_paused_and_continues_when_resumed) {
  FramedWorld world("decimal:3");
  world.journal.then = [](Connection& connection, std::string_view) { connection.pause(); };
  world.peer.send("001a001b001c00");
  Lines want = {"message a"};
  expect_events(world.journal.events, want);
  cr_expect(text_of(world.peer.connection().unconsumed()) == "001b001c00");
  for (const char* next : {"message b", "message c"}) {
    world.peer.connection().resume();
    world.peer.settle();
    want.emplace_back(next);
    expect_events(world.journal.events, want);
  }
  world.peer.connection().resume();
  world.peer.settle();
  world.peer.send("1d");
  want.emplace_back("message d");
  expect_events(world.journal.events, want);
}

Test(framed, buffers_a_whole_read_and_a_frame_for_a_handler_that_pauses) {
  FramedWorld world("u32be", {.limit = 100'000},
                    {.input_limit = 100'004 + 2 * Loop::kReadBufferSize});
  std::string wire = encoded(world.framing.codec(), std::string(100'000, 'x'));
  while (wire.size() < 400'000) wire += encoded(world.framing.codec(), "y");
  world.journal.then = [](Connection& connection, std::string_view) { connection.pause(); };
  world.peer.send(wire);
  cr_expect(world.journal.events.size() == 1);
  cr_expect(!world.peer.closed());
  world.journal.then = nullptr;
  world.peer.connection().resume();
  world.peer.settle();
  cr_expect(world.journal.events.size() == 1 + (400'000 - 100'004 + 4) / 5);
  cr_expect(!world.peer.closed());
}

Test(framed, ends_after_the_messages_that_waited_for_resume) {
  FramedWorld world("line");
  world.journal.then = [](Connection& connection, std::string_view) { connection.pause(); };
  world.peer.send("a\nb\n");
  world.peer.end();
  expect_events(world.journal.events, {"message a"});
  world.peer.connection().resume();
  world.peer.settle();
  expect_events(world.journal.events, {"message a", "message b"});
  world.peer.connection().resume();
  world.peer.settle();
  expect_events(world.journal.events, {"message a", "message b", "end"});
  cr_expect(world.peer.close_reason() == CloseReason::peer_closed);
}

Test(framed, delivers_all_messages_before_the_end_if_the_end_is_reported_first) {
  for (const bool pauses_again : {false, true}) {
    FramedWorld world("line");
    world.journal.then = [](Connection& connection, std::string_view) { connection.pause(); };
    world.peer.send("a\nb\n");
    if (!pauses_again) world.journal.then = nullptr;
    Connection& connection = world.peer.connection();
    connection.protocol().on_eof(connection);
    expect_events(world.journal.events, {"message a"});
    connection.resume();
    world.peer.settle();
    expect_events(world.journal.events, {"message a", "message b", "end"});
    cr_expect(world.peer.saw_end());
  }
}

Test(framed, stops_while_the_peer_reads_no_answers_and_loses_none) {
  FramedWorld world("decimal:3", {}, {.high_water = 1'000});
  world.echo();
  const std::string message(200, 'm');
  std::string wire;
  for (int i = 0; i < 100; ++i) wire += "200" + message;
  world.peer.set_window(0);
  world.peer.send(wire);
  cr_expect(world.journal.events.size() == 5, "%zu", world.journal.events.size());
  cr_expect(world.peer.connection().queued() == 5 * 203);
  std::string back;
  while (back.size() < wire.size()) {
    world.peer.set_window(300);
    const std::string more = world.peer.received();
    cr_assert(!more.empty(), "stuck after %zu bytes", back.size());
    back += more;
  }
  cr_expect(back == wire);
}

Test(framed, delivers_nothing_after_close_or_abort_and_sends_earlier_answers) {
  for (const bool abort : {false, true}) {
    FramedWorld world("decimal:3");
    world.journal.then = [&](Connection& connection, std::string_view message) {
      cr_expect(!world.framing.send(connection, bytes_of(message)));
      if (message == "b") abort ? connection.abort() : connection.close();
    };
    world.peer.send("001a001b001c0x");
    expect_events(world.journal.events, {"message a", "message b"});
    cr_expect(world.peer.saw_reset() == abort);
    if (!abort) cr_expect(world.peer.received() == "001a001b");
  }
}

Test(framed, continues_after_it_half_closes) {
  FramedWorld world("line");
  world.journal.then = [](Connection& connection, std::string_view) { connection.shutdown(); };
  world.peer.send("a\nb\n");
  expect_events(world.journal.events, {"message a", "message b"});
  cr_expect(world.peer.saw_end() && !world.peer.closed());
}

Test(framed, does_not_mix_the_messages_of_its_connections) {
  // Both messages have escapes, and so use the same scratch.
  Framing framing("slip");
  Journal one;
  Journal two;
  LoopOptions options;
  options.virtual_time = true;
  Loop loop(options);
  MemoryPeer first(loop, std::make_unique<Scribe>(framing, one));
  MemoryPeer second(loop, std::make_unique<Scribe>(framing, two));
  const std::string a = encoded(framing.codec(), from_hex("c0 61 db"));
  const std::string b = encoded(framing.codec(), from_hex("db 62 c0"));
  for (std::size_t i = 0; i < a.size(); ++i) {
    first.send(a.substr(i, 1));
    second.send(b.substr(i, 1));
  }
  expect_events(one.events, {"message " + from_hex("c0 61 db")});
  expect_events(two.events, {"message " + from_hex("db 62 c0")});
}

Test(framed, closes_the_connection_of_a_handler_that_throws) {
  FramedWorld world("line");
  world.journal.then = [](Connection&, std::string_view) { throw std::runtime_error("enough"); };
  world.peer.send("a\nb\n");
  expect_events(world.journal.events, {"message a"});
  cr_expect(world.peer.close_reason() == CloseReason::handler_threw);
}

Test(framed, echoes_a_million_bytes_of_messages_over_a_socket) {
  Framing framing("u16be");
  Loop loop(backend_options());
  const Listener listener(
      loop, Endpoint::from("tcp://127.0.0.1:0"),
      framed(framing, [](Connection& connection, Framing& self, std::span<const std::byte> in) {
        cr_expect(!self.send(connection, in));
      }));
  Peer peer(listener.endpoint().address());
  std::string wire;
  for (std::size_t size = 0; wire.size() < 1'000'000; size = (size * 7 + 3) % 65'536) {
    wire += encoded(framing.codec(), numbered(size));
  }
  std::string back;
  std::size_t sent = 0;
  turn_until(loop, [&] {
    sent += peer.offer(std::string_view(wire).substr(sent, 30'011));
    back += peer.waiting();
    return back.size() >= wire.size();
  });
  cr_expect(back == wire);
  peer.end();
  cr_expect(peer.receive_all(loop).empty() && peer.error() == 0);
}

Test(framed, waits_for_the_rest_of_a_frame_for_a_limited_time) {
  ConnectionOptions limits;
  limits.message_timeout = std::chrono::seconds(10);
  limits.idle_timeout = std::chrono::seconds(1);
  for (const bool skipped : {false, true}) {
    Framing framing("u16be", {.limit = 300, .strict = false});
    limits.input_limit = framing.input_limit();
    MemoryPeer peer(framed(framing, [](Connection&, Framing&, Framing::Bytes) {})(Address()),
                    limits);
    // Whole frames have the time that they need.
    for (int i = 0; i < 20; ++i) {
      peer.send({"\0\1a", 3});
      peer.advance(std::chrono::milliseconds(800));
    }
    cr_assert(!peer.closed());
    peer.send({skipped ? "\xff\xff" : "\1\0", 2});
    for (int i = 0; i < 15 && !peer.closed(); ++i) {
      peer.send("x");
      peer.advance(std::chrono::milliseconds(800));
    }
    cr_assert(peer.closed());
    cr_expect(peer.close_reason() == CloseReason::message_timeout);
  }
}
