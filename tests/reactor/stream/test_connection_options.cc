// Values and sockets out of range: a value counts as the nearest one that is allowed, and a socket
// that cannot become a connection is rejected.
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <limits>
#include <set>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "reactor/stream/connection_table.h"
#include "support/streams.h"
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMaxSize = std::numeric_limits<std::size_t>::max();

int error_of_adopting(Loop& loop, Fd socket, Handler& handler) {
  try {
    Connection::adopt(loop, std::move(socket), handler);
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

Fd pair_of(int type) {
  int ends[2];
  cr_assert(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
  Fd(ends[1]).reset();
  return Fd(ends[0]);
}

}  // namespace

Test(connection_options, a_maximum_read_of_0_means_any_size) {
  Handler handler;
  Loop loop;
  Pair pair = unix_pair();
  ConnectionOptions options;
  options.max_read = 0;
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler, options);
  cr_expect(connection.options().max_read == Loop::kReadBufferSize);
  Peer peer(std::move(pair.peers));
  peer.send("hello");
  turn_until(loop, [&] { return handler.input == "hello"; });
  cr_expect(handler.closes == 0);
}

Test(connection_options, out_of_range_count_as_the_nearest_that_is_allowed) {
  Handler handler;
  ConnectionOptions options;
  options.idle_timeout = milliseconds::max();
  options.message_timeout = milliseconds::max();
  options.first_message_timeout = milliseconds::min();
  options.write_timeout = milliseconds::min();
  options.linger_timeout = milliseconds(-1);
  options.max_read = kMaxSize;
  options.high_water = 1000;
  options.queue_limit = 10;
  options.min_rate = kMaxSize;
  MemoryPeer peer(handler, options);
  const ConnectionOptions& used = peer.connection().options();
  cr_expect(used.idle_timeout == hours(24 * 20) && used.message_timeout == hours(24 * 20));
  cr_expect(used.first_message_timeout == milliseconds(0));
  cr_expect(used.write_timeout == milliseconds(0) && used.linger_timeout == milliseconds(0));
  cr_expect(used.max_read == Loop::kReadBufferSize);
  cr_expect(used.queue_limit == 1000);
  peer.send("hello");
  cr_expect(handler.input == "hello");
  peer.advance(hours(24 * 20) - milliseconds(1));
  cr_expect(!peer.closed());
  peer.advance(milliseconds(1));
  cr_expect(peer.close_reason() == CloseReason::idle_timeout);
}

Test(connection_options,
     a_queue_of_0_bytes_refuses_and_a_mark_of_0_stops_reading_while_anything_waits) {
  Handler handler;
  ConnectionOptions options;
  options.high_water = options.queue_limit = 0;
  options.overflow = OverflowPolicy::drop_newest;
  MemoryPeer none(handler, options);
  none.connection().send("dropped");
  none.settle();
  cr_expect(none.received().empty() && none.loop().counters().dropped_bytes == 7);
  options.queue_limit = 100;
  MemoryPeer peer(handler, options);
  peer.set_window(0);
  peer.connection().send("waits");
  peer.send("unread");
  cr_expect(handler.input.empty() && peer.connection().paused());
  peer.set_window(100);
  cr_expect(peer.received() == "waits" && handler.input == "unread");
}

Test(connection_options, an_input_of_0_bytes_must_be_consumed_whole) {
  Handler handler;
  handler.data = [](Connection&, std::string_view text) { return text.size() - 1; };
  ConnectionOptions options;
  options.input_limit = 0;
  MemoryPeer peer(handler, options);
  peer.send("xx");
  cr_expect(peer.close_reason() == CloseReason::input_limit);
}

Test(connection_options, more_pauses_than_the_maximum_are_permanent) {
  Handler handler;
  MemoryPeer peer(handler);
  for (int i = 0; i < Connection::kMaxPauses; ++i) peer.connection().pause();
  for (int i = 0; i < Connection::kMaxPauses; ++i) {
    cr_expect(peer.connection().paused());
    peer.connection().resume();
  }
  cr_expect(!peer.connection().paused());
  for (int i = 0; i < 300; ++i) peer.connection().pause();
  for (int i = 0; i < 300; ++i) peer.connection().resume();
  peer.send("unread");
  cr_expect(peer.connection().paused() && handler.input.empty());
}

Test(connection_options, only_a_stream_can_be_adopted) {
  Handler handler;
  Loop loop;
  Fd udp(::socket(AF_INET, SOCK_DGRAM, 0));
  const Address discard = Address::loopback(AF_INET, 9);
  cr_assert(::connect(udp.get(), discard.data(), discard.size()) == 0);
  cr_expect(error_of_adopting(loop, std::move(udp), handler) == EPROTOTYPE);
  cr_expect(error_of_adopting(loop, pair_of(SOCK_SEQPACKET), handler) == EPROTOTYPE);
  cr_expect(error_of_adopting(loop, pair_of(SOCK_DGRAM), handler) == EPROTOTYPE);
  cr_expect(error_of_adopting(loop, Fd(::open("/dev/null", O_RDONLY)), handler) == ENOTSOCK);
  cr_expect(error_of_adopting(loop, pair_of(SOCK_STREAM), handler) == 0);
  cr_expect(loop.counters().connections_open == 1);
}

// 2^32 connections would take too long, so this tests the rule itself.
Test(connection_options, an_id_is_never_used_again) {
  constexpr std::uint32_t kLast = std::numeric_limits<std::uint32_t>::max();
  for (const std::uint32_t slot : {0U, 1U, 63U, kLast - 1, kLast}) {
    const std::uint32_t first = ConnectionTable::first_generation(slot);
    cr_expect(first != 0);
    cr_expect(ConnectionTable::next_generation(slot, kLast) != 0 || first == 1);
    const std::uint32_t before = first == 1 ? kLast : first - 1;
    cr_expect(ConnectionTable::next_generation(slot, before) == 0, "slot %u", slot);
  }
  cr_expect(ConnectionTable::next_generation(5, kLast) == 1, "0 is that of a default id");
  Handler handler;
  Loop loop;
  std::set<std::uint32_t> generations;
  for (int i = 0; i < 100; ++i) {
    Pair pair = unix_pair();
    Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
    const ConnectionId id = connection.id();
    cr_expect(id.slot == 0 && generations.insert(id.generation).second);
    cr_expect(Connection::find(loop, id) == &connection);
    cr_expect(Connection::find(loop, ConnectionId()) == nullptr);
    connection.abort();
    loop.poll();
    cr_expect(Connection::find(loop, id) == nullptr);
  }
}
