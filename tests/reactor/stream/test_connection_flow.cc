// Backpressure over sockets: a slow reader loses nothing, memory is limited if the peer never
// reads, and a connection that waits costs no turns.
#include <chrono>
#include <cstdint>
#include <string>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/hooked_transport.h"
#include "support/streams.h"
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

namespace {

std::size_t echo(Connection& connection, std::string_view in) {
  connection.send(in);
  return in.size();
}

// The byte at each position of a stream that is too long to be kept. No two parts are alike.
char byte_at(std::uint64_t place) {
  return static_cast<char>(place * 0x9e37'79b9'7f4a'7c15U >> 56);
}

// Sends `size` such bytes through an echo and reads them back, `reads_at_once` reads in each turn.
void expect_echoed(Pair pair, std::uint64_t size, std::size_t reads_at_once) {
  Handler handler;
  std::size_t most_queued = 0;
  handler.data = [&](Connection& connection, std::string_view in) {
    connection.send(in);
    most_queued = std::max(most_queued, connection.queued());
    handler.input.clear();
    return in.size();
  };
  Loop loop(backend_options());
  Connection::adopt(loop, std::move(pair.ours), handler);
  Peer peer(std::move(pair.peers));
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::string out;
  while (received < size) {
    while (out.size() < 65'536 && sent + out.size() < size) out += byte_at(sent + out.size());
    const std::size_t taken = peer.offer(out);
    out.erase(0, taken);
    sent += taken;
    if (sent == size) peer.end();
    loop.poll();
    const std::string in = peer.waiting(reads_at_once);
    for (const char c : in) cr_assert(c == byte_at(received++), "byte %ju", received - 1);
    cr_assert(!peer.ended() || received == size, "ended after %ju bytes", received);
  }
  cr_expect(most_queued <= ConnectionOptions().high_water + Loop::kReadBufferSize);
  cr_expect(peer.receive_all(loop).empty() && peer.error() == 0);
  cr_expect(loop.counters().bytes_in == size && loop.counters().bytes_out == size);
}

// How often the loop wakes up within a tenth of a second.
std::uint64_t turns_of(Loop& loop) {
  Timer end(loop, [&] { loop.stop(); });
  end.start(milliseconds(100));
  const std::uint64_t before = loop.counters().turns;
  loop.run();
  return loop.counters().turns - before;
}

}  // namespace

Test(connection_flow, echoes_64_mebibytes_to_a_slow_reader_and_loses_nothing) {
  expect_echoed(tcp_pair(), 64 << 20, 50'000);
}

Test(connection_flow, echoes_in_small_pieces_when_the_kernel_accepts_little) {
  Pair pair = unix_pair();
  set_send_buffer(pair, 4'000);
  expect_echoed(std::move(pair), 4 << 20, 1'000);
}

Test(connection_flow, queues_at_most_the_mark_and_one_read_for_a_peer_that_never_reads) {
  Handler handler;
  handler.data = echo;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  const Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  Peer peer(std::move(pair.peers));
  const std::string block(100'000, 'x');
  const std::size_t bound = connection.options().high_water + Loop::kReadBufferSize;
  int stuck = 0;
  while (stuck < 50) {
    stuck = peer.offer(block) == 0 ? stuck + 1 : 0;
    loop.poll();
    cr_assert(connection.queued() <= bound, "%zu", connection.queued());
  }
  cr_expect(connection.paused() && connection.queued() > connection.options().high_water);
  cr_expect(connection.unconsumed().empty());
  cr_expect(loop.counters().paused == 1);
  cr_expect(turns_of(loop) < 10, "and costs nothing while it waits");
  while (connection.queued() > 0 || connection.bytes_out() < connection.bytes_in()) {
    (void)peer.waiting();
    loop.poll();
  }
  cr_expect(!connection.paused(), "it reads again when the peer does");
}

Test(connection_flow, costs_no_turns_after_its_queue_is_empty) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  Peer peer(std::move(pair.peers));
  connection.send(std::string(8 << 20, 'x'));
  loop.poll();
  cr_assert(connection.queued() > 0, "the system took all at once");
  while (connection.queued() > 0) {
    (void)peer.waiting();
    loop.poll();
  }
  // The socket is writable from now on. If the loop still watched for that, it would never sleep.
  cr_expect(turns_of(loop) < 10);
}

Test(connection_flow, reads_a_flood_in_large_pieces_and_serves_others_meanwhile) {
  Handler flood;
  std::size_t pieces = 0;
  flood.data = [&](Connection& connection, std::string_view in) {
    ++pieces;
    cr_expect(in.size() <= connection.options().max_read);
    return in.size();
  };
  Loop loop(backend_options());
  Pair pair = unix_pair();
  ConnectionOptions options;
  options.max_read = 1'000;
  Connection::adopt(loop, std::move(pair.ours), flood, options);
  Peer peer(std::move(pair.peers));
  cr_assert(peer.offer(std::string(50'000, 'x')) == 50'000);
  loop.poll();
  cr_expect(pieces > 1 && pieces <= 8, "%zu reads in one turn", pieces);
  while (flood.input.size() < 50'000) loop.poll();
  cr_expect(pieces == 50, "%zu", pieces);
}

Test(connection_flow, with_keep_reading_reads_above_the_mark_and_still_calls_on_writable) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  ConnectionOptions options;
  options.keep_reading = true;
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler, options);
  Peer peer(std::move(pair.peers));
  turn_a_while(loop, 2);
  while (connection.queued() <= options.high_water) {
    connection.send(std::string(100'000, 'x'));
    loop.poll();
  }
  peer.send("heard all the same");
  turn_until(loop, [&] { return handler.input == "heard all the same"; });
  cr_expect(connection.queued() > options.high_water && !connection.paused());
  cr_expect(loop.counters().paused == 0);
  while (connection.queued() > 0) {
    (void)peer.waiting();
    loop.poll();
  }
  cr_expect(handler.journal.ends_with("drain"), "%s", handler.journal.c_str());
}

Test(connection_flow, with_keep_reading_reads_from_its_peer_while_it_sends_in_each_on_writable) {
  Handler handler;
  ConnectionOptions options;
  options.keep_reading = true;
  const auto fill = [&](Connection& connection) {
    connection.send(std::string(options.high_water + 1, 'x'));
  };
  handler.open = fill;
  handler.drain = fill;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  const Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler, options);
  Peer peer(std::move(pair.peers));
  std::size_t sent = 0;
  for (int turn = 0; turn < 100; ++turn) {
    sent += peer.offer(std::string(50'000, 'y'));
    (void)peer.waiting(1'000'000);
    loop.poll();
  }
  cr_expect(sent == 100 * 50'000, "%zu", sent);
  turn_until(loop, [&] { return handler.input.size() == sent; });
  cr_expect(connection.bytes_out() > 10 * options.high_water, "%ju", connection.bytes_out());
}

Test(connection_flow, a_paused_connection_with_input_costs_no_turns) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  Peer peer(std::move(pair.peers));
  turn_a_while(loop, 2);
  connection.pause();
  peer.send("waits in the kernel");
  cr_expect(turns_of(loop) < 10);
  cr_expect(handler.input.empty());
  connection.resume();
  turn_until(loop, [&] { return handler.input == "waits in the kernel"; });
}

// Between two turns nothing is delivered, and the next turn finds the peer's end already.
Test(connection_flow, a_resume_between_turns_delivers_unconsumed_input_before_the_end) {
  Handler handler;
  handler.data = [](Connection& connection, std::string_view) -> std::size_t {
    connection.pause();
    return 0;
  };
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  Peer peer(std::move(pair.peers));
  peer.send("put off");
  turn_until(loop, [&] { return connection.paused(); });
  peer.end();
  handler.data = nullptr;
  connection.resume();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(handler.journal == "open data data eof close:closed in order", "%s",
            handler.journal.c_str());
  cr_expect(handler.input == "put off");
}

Test(connection_flow, a_half_closed_peer_costs_no_turns) {
  Handler handler;
  handler.eof = [](Connection&) {};
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  const Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  const Peer peer(std::move(pair.peers));
  peer.end();
  turn_until(loop, [&] { return connection.peer_ended(); });
  cr_expect(turns_of(loop) < 10);
  cr_expect(handler.journal == "open eof");
}

Test(connection_flow, writes_a_hundred_sends_of_one_turn_in_one_call) {
  Hooks hooks;  // a stream keeps no boundaries of writes, but a transport can count them
  Handler handler;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  ConnectionOptions options;
  options.transport = hooked(hooks);
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler, options);
  Peer peer(std::move(pair.peers));
  for (int i = 0; i < 100; ++i) connection.send("0123456789");
  loop.poll();
  cr_expect(peer.waiting().size() == 1000);
  cr_expect(hooks.writes == 1, "%d", hooks.writes);
}

Test(connection_flow, serves_others_while_one_peer_reads_as_much_as_it_can) {
  Handler handler;
  handler.data = echo;
  Loop loop(backend_options());
  Pair greedy = unix_pair();
  set_send_buffer(greedy, 1'000'000);
  Pair modest = unix_pair();
  ConnectionOptions options;
  options.queue_limit = 100 << 20;
  Connection& connection = Connection::adopt(loop, std::move(greedy.ours), handler, options);
  Connection::adopt(loop, std::move(modest.ours), handler);
  Peer peer(std::move(modest.peers));
  for (int i = 0; i < 3'000; ++i) connection.send(Payload::copy(std::string(100, 'x')));
  peer.send("me too");
  loop.poll();
  loop.poll();
  cr_expect(peer.waiting() == "me too");
  cr_expect(connection.queued() > 0, "one event writes so much and no more");
}
