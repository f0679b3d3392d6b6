// Two connections that are joined, over TCP and Unix sockets and through a transport.
#include <csignal>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include <criterion/criterion.h>

#include "reactor/base/pipe.h"
#include "support/backend.h"
#include "support/descriptors.h"
#include "support/hooked_transport.h"
#include "support/streams.h"
#include <sluice/relay.h>

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TestSuite(relay_end, .timeout = 60);

namespace {

// More than the buffers of narrow_pair(), a pipe and a queue at its high_water hold.
constexpr std::size_t kBulk = 1280 * 1024;

// So that what is lost, repeated or moved is seen.
std::string pattern(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  for (char& c : text) {
    seed = seed * 1664525 + 1013904223;
    c = static_cast<char>(seed >> 24);
  }
  return text;
}

// Over TCP, with buffers of the kernel that hold less than kBulk: it lets them grow otherwise.
Pair narrow_pair() {
  Pair pair = tcp_pair();
  const int bytes = 64 * 1024;
  for (const Fd* fd : {&pair.ours, &pair.peers}) {
    ::setsockopt(fd->get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  return pair;
}

// Two clients, each with a connection; join() relays between these.
struct World {
  explicit World(
      const ConnectionOptions& options = {}, Pair (*make)() = [] { return tcp_pair(); })
      : World(options, options, make) {}
  World(const ConnectionOptions& of_a, const ConnectionOptions& of_b, Pair (*make)()) {
    Pair pair_a = make();
    Pair pair_b = make();
    a = Connection::adopt(loop, std::move(pair_a.ours), old_handler, of_a).id();
    b = Connection::adopt(loop, std::move(pair_b.ours), old_handler, of_b).id();
    peer_a.emplace(std::move(pair_a.peers));
    peer_b.emplace(std::move(pair_b.peers));
  }
  Connection& at(ConnectionId id) {
    Connection* found = Connection::find(loop, id);
    cr_assert(found != nullptr);
    return *found;
  }
  void join() {
    relay(at(a), at(b), [this](const RelayResult& how) {
      ++dones;
      result = how;
    });
  }
  void wait_for_done() {
    turn_until(loop, [this] { return dones > 0 && loop.counters().connections_open == 0; });
    cr_expect(dones == 1);
  }

  Handler old_handler;
  Loop loop{backend_options()};
  ConnectionId a, b;
  std::optional<Peer> peer_a, peer_b;
  RelayResult result;
  int dones = 0;
};

// What is on its way from one peer to another.
struct Flow {
  Peer& from;
  Peer& to;
  std::string bytes;
  std::size_t sent = 0;
  std::string received{};

  void push() {
    if (sent < bytes.size()) sent += from.offer(std::string_view(bytes).substr(sent));
  }
  void pull() { received += to.waiting(); }
  [[nodiscard]] bool is_done() const { return received.size() >= bytes.size(); }
};

// Sends until everything on the way is full.
void fill(Loop& loop, Flow& flow) {
  std::size_t before = 0;
  turn_until(loop, [&] {
    turn_a_while(loop, 3);
    flow.push();
    return std::exchange(before, flow.sent) == flow.sent;
  });
}

// Sends and receives all of both flows, or of one, and compares.
void finish(Loop& loop, std::initializer_list<Flow*> flows) {
  turn_until(loop, [&] {
    bool is_done = true;
    for (Flow* flow : flows) {
      flow->push();
      flow->pull();
      is_done = is_done && flow->is_done();
    }
    return is_done;
  });
  for (const Flow* flow : flows) cr_expect(flow->received == flow->bytes);
}

// With a transport, so that the kernel moves nothing, and the queue has bytes.
ConnectionOptions copied(Hooks& hooks) {
  ConnectionOptions options;
  options.transport = hooked(hooks);
  return options;
}

}  // namespace

Test(relay_end, passes_bytes_on_both_ways_and_reports_how_many) {
  for (Pair (*make)() : {+[] { return unix_pair(); }, +[] { return tcp_pair(); }}) {
    World world({}, make);
    world.join();
    world.peer_a->send("to the server");
    cr_expect(world.peer_b->receive(world.loop, 13) == "to the server");
    world.peer_b->send("an answer");
    cr_expect(world.peer_a->receive(world.loop, 9) == "an answer");
    world.peer_a->end();
    world.peer_b->receive_all(world.loop);
    world.peer_b->end();
    world.peer_a->receive_all(world.loop);
    world.wait_for_done();
    cr_expect(world.result.a_to_b == 13);
    cr_expect(world.result.b_to_a == 9);
    cr_expect(!world.result.a && !world.result.b);
    cr_expect(world.old_handler.journal == "open open", "%s", world.old_handler.journal.c_str());
  }
}

Test(relay_end, keeps_the_other_direction_open_after_the_end_of_one) {
  World world;
  world.join();
  world.peer_a->send("question");
  world.peer_a->end();
  cr_expect(world.peer_b->receive_all(world.loop) == "question");
  turn_a_while(world.loop);
  cr_expect(world.dones == 0);
  for (int i = 0; i < 3; ++i) {
    world.peer_b->send("part ");
    cr_expect(world.peer_a->receive(world.loop, 5) == "part ");
  }
  world.peer_b->end();
  cr_expect(world.peer_a->receive_all(world.loop).empty());
  cr_expect(world.peer_a->error() == 0);
  world.wait_for_done();
}

Test(relay_end, passes_bulk_on_unchanged_in_both_directions_at_once) {
  for (Pair (*make)() : {+[] { return unix_pair(); }, +[] { return tcp_pair(); }}) {
    World world({}, make);
    world.join();
    Flow there{*world.peer_a, *world.peer_b, pattern(kBulk, 1)};
    Flow back{*world.peer_b, *world.peer_a, pattern(kBulk, 2)};
    finish(world.loop, {&there, &back});
    world.peer_a->end();
    world.peer_b->end();
    world.wait_for_done();
    cr_expect(world.result.a_to_b == kBulk && world.result.b_to_a == kBulk);
  }
}

Test(relay_end, keeps_the_order_when_bulk_and_short_messages_alternate) {
  World world;
  world.join();
  std::string all;
  std::string received;
  for (unsigned i = 0; i < 12; ++i) {
    Flow flow{*world.peer_a, *world.peer_b, pattern(i % 3 == 2 ? 700'000 : 100 + i, i)};
    all += flow.bytes;
    turn_until(world.loop, [&] {
      flow.push();
      if (i % 2 == 0) flow.pull();  // else the next one finds bytes under way
      received += std::exchange(flow.received, {});
      return flow.sent == flow.bytes.size() && (i % 2 == 1 || received.size() == all.size());
    });
  }
  world.peer_a->end();
  turn_until(world.loop,
             [&] { return received += world.peer_b->waiting(), world.peer_b->ended(); });
  cr_expect(received == all);
}

Test(relay_end, does_not_hold_up_an_upload_beside_a_download_that_nobody_reads) {
  Hooks hooks;
  for (const ConnectionOptions& options : {ConnectionOptions(), copied(hooks)}) {
    World world(options, narrow_pair);
    world.join();
    Flow download{*world.peer_b, *world.peer_a, pattern(kBulk, 3)};
    fill(world.loop, download);
    cr_expect(download.sent < kBulk);
    Flow upload{*world.peer_a, *world.peer_b, pattern(kBulk, 4)};
    finish(world.loop, {&upload});
    finish(world.loop, {&download});
  }
}

Test(relay_end, queues_no_more_than_the_mark_and_one_read_for_a_peer_that_does_not_read) {
  ConnectionOptions options;
  options.high_water = 50'000;
  options.max_read = 20'000;
  options.queue_limit = 60'000;  // does not count
  World world(options, narrow_pair);
  world.join();
  Flow flow{*world.peer_a, *world.peer_b, pattern(kBulk, 5)};
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    flow.push();
    world.loop.poll();
    most = std::max(most, world.at(world.b).queued());
  }
  cr_expect(flow.sent < kBulk);
  cr_expect(most > 0 && most <= 70'000 + Pipe::kSize * 4UL, "queued %zu", most);
  finish(world.loop, {&flow});
}

Test(relay_end, sends_the_end_only_after_what_the_slow_peer_has_not_read_yet) {
  Hooks hooks;
  for (ConnectionOptions options : {ConnectionOptions(), copied(hooks)}) {
    options.high_water = kBulk;  // the end is read while bytes before it are queued
    World world(options, narrow_pair);
    world.join();
    Flow flow{*world.peer_a, *world.peer_b, pattern(kBulk, 6)};
    turn_until(world.loop, [&] { return flow.push(), world.at(world.b).queued() > 0; });
    world.peer_a->end();
    world.peer_b->end();  // the other direction is over: this end is closed while its queue is sent
    turn_a_while(world.loop);
    cr_expect(world.at(world.b).queued() > 0);
    cr_expect(world.peer_b->receive_all(world.loop) == flow.bytes.substr(0, flow.sent));
    cr_expect(world.peer_b->error() == 0);
    world.wait_for_done();
    cr_expect(!world.result.a && !world.result.b);
  }
}

Test(relay_end, passes_on_what_the_old_handler_leaves_when_it_makes_the_call) {
  World world;
  world.old_handler.data = [&world](Connection& connection, std::string_view text) {
    const std::size_t end = text.find('\n');
    cr_expect(connection.id() == world.a);
    if (end == std::string_view::npos) return std::size_t{0};
    world.join();
    return end + 1;
  };
  world.peer_a->send("CONN");
  turn_a_while(world.loop, 3);
  world.peer_a->send("ECT\nthe rest");
  cr_expect(world.peer_b->receive(world.loop, 8) == "the rest");
  world.peer_a->send(" and more");
  cr_expect(world.peer_b->receive(world.loop, 9) == " and more");
  cr_expect(world.old_handler.input == "CONNECT\n");
}

Test(relay_end, passes_on_what_was_unconsumed_before_the_end_of_the_peer) {
  World world;
  world.old_handler.data = [](Connection&, std::string_view) { return std::size_t{0}; };
  world.old_handler.eof = [](Connection&) {};
  world.peer_a->send("all of it");
  world.peer_a->end();
  turn_until(world.loop, [&] { return world.at(world.a).peer_ended(); });
  world.join();
  cr_expect(world.peer_b->receive_all(world.loop) == "all of it");
  world.peer_b->send("answer");
  cr_expect(world.peer_a->receive(world.loop, 6) == "answer");
}

Test(relay_end, leaves_a_paused_connection_unread_until_it_is_resumed) {
  World world;
  world.at(world.a).pause();
  world.peer_a->send("early");
  world.join();
  turn_a_while(world.loop);
  cr_expect(world.peer_b->waiting().empty());
  world.at(world.a).resume();
  cr_expect(world.peer_b->receive(world.loop, 5) == "early");
}

Test(relay_end, aborts_the_other_connection_when_one_fails) {
  World world;
  world.join();
  world.peer_a->send("half of it");
  cr_expect(world.peer_b->receive(world.loop, 10) == "half of it");
  world.peer_a->reset();
  world.peer_b->receive_all(world.loop);
  cr_expect(world.peer_b->error() == ECONNRESET, "errno %d", world.peer_b->error());
  world.wait_for_done();
  cr_expect(world.result.a == std::error_code(ECONNRESET, std::generic_category()));
  cr_expect(world.result.b == CloseReason::aborted, "%s", world.result.b.message().c_str());
}

Test(relay_end, sends_the_queue_when_the_other_connection_is_closed_in_order) {
  World world;
  world.join();
  world.peer_a->send("last words");
  turn_a_while(world.loop, 3);
  world.at(world.a).close();
  world.peer_a->close();
  cr_expect(world.peer_b->receive_all(world.loop) == "last words");
  cr_expect(world.peer_b->error() == 0);
  world.peer_b->close();
  world.wait_for_done();
  cr_expect(!world.result.a && !world.result.b);
}

Test(relay_end, closes_the_other_connection_of_one_that_has_closed_already) {
  World world;
  world.at(world.a).abort();
  world.join();
  world.peer_b->receive_all(world.loop);
  world.wait_for_done();
  cr_expect(world.result.a == CloseReason::aborted);
}

Test(relay_end, raises_no_sigpipe_when_a_peer_goes_away_during_bulk) {
  std::signal(SIGPIPE, SIG_DFL);
  for (const bool is_blocked : {false, true}) {
    sigset_t mask;
    ::sigemptyset(&mask);
    if (is_blocked) ::sigaddset(&mask, SIGPIPE);
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    for (int round = 0; round < 8; ++round) {
      World world({}, [] { return unix_pair(); });
      world.join();
      Flow flow{*world.peer_a, *world.peer_b, pattern(kBulk / 2, 7)};
      for (int i = 0; i < 6 + round; ++i) {
        flow.push();
        world.loop.poll();
        if (i > 2) flow.pull();
      }
      world.peer_b->close();
      turn_until(world.loop, [&] {
        world.peer_a->offer(flow.bytes);
        return world.dones > 0;
      });
      cr_expect(static_cast<bool>(world.result.b));
    }
    sigset_t pending;
    ::sigpending(&pending);
    cr_expect(::sigismember(&pending, SIGPIPE) == 0);
  }
}

Test(relay_end, holds_no_descriptor_when_nothing_is_under_way) {
  World world;
  const std::size_t before = open_descriptors();
  world.join();
  Flow flow{*world.peer_a, *world.peer_b, pattern(kBulk, 8)};
  finish(world.loop, {&flow});
  turn_a_while(world.loop, 3);
  cr_expect(open_descriptors() <= before + 2, "one pipe is kept for the loop: %zu, before %zu",
            open_descriptors(), before);
}

Test(relay_end, copies_when_no_descriptor_is_left_for_a_pipe) {
  World world;
  world.join();
  const Hoard hoard;
  Flow flow{*world.peer_a, *world.peer_b, pattern(kBulk, 9)};
  finish(world.loop, {&flow});
}

Test(relay_end, joins_a_plain_connection_with_one_through_a_transport) {
  Hooks hooks;
  bool may_open = false;
  hooks.open = [&may_open]() -> std::optional<IoResult> {
    return may_open ? IoResult::done() : IoResult::want_read();
  };
  World world({}, copied(hooks), [] { return tcp_pair(); });
  world.join();
  world.peer_a->send("before the handshake is done");
  turn_a_while(world.loop);
  cr_expect(world.peer_b->waiting().empty());
  may_open = true;
  world.peer_b->send("!");
  cr_expect(world.peer_b->receive(world.loop, 28) == "before the handshake is done");
  cr_expect(world.peer_a->receive(world.loop, 1) == "!");
  Flow there{*world.peer_a, *world.peer_b, pattern(kBulk, 10)};
  Flow back{*world.peer_b, *world.peer_a, pattern(kBulk, 11)};
  finish(world.loop, {&there, &back});
  world.peer_a->end();
  world.peer_b->end();
  world.wait_for_done();
}

Test(relay_end, ends_the_timeouts_of_messages_and_keeps_that_of_an_idle_connection) {
  ConnectionOptions options;
  options.first_message_timeout = 30ms;
  options.message_timeout = 30ms;
  World world(options);
  world.join();
  const TimePoint until = Clock::now() + 100ms;
  turn_until(world.loop, [&] { return Clock::now() > until; });
  cr_expect(world.dones == 0);

  options = {};
  options.idle_timeout = 50ms;
  World idle(options);
  idle.join();
  idle.wait_for_done();
  cr_expect(idle.result.a == CloseReason::idle_timeout ||
            idle.result.b == CloseReason::idle_timeout);
}

Test(relay_end, lets_a_drain_wait_until_it_has_ended) {
  World world;
  world.join();
  bool drained = false;
  world.loop.drain(20s, [&drained] { drained = true; });
  turn_a_while(world.loop);
  cr_expect(!drained);
  world.peer_a->send("still going");
  cr_expect(world.peer_b->receive(world.loop, 11) == "still going");
  world.peer_a->end();
  world.peer_b->receive_all(world.loop);
  world.peer_b->end();
  turn_until(world.loop, [&drained] { return drained; });
  cr_expect(world.dones == 1 && !world.result.a && !world.result.b);
}

Test(relay_end, is_cut_by_the_deadline_of_a_drain) {
  World world;
  world.join();
  bool drained = false;
  world.loop.drain(20ms, [&drained] { drained = true; });
  turn_until(world.loop, [&drained] { return drained; });
  cr_expect(world.result.a == CloseReason::drain_deadline);
  cr_expect(world.result.b == CloseReason::drain_deadline);
}

Test(relay_end, reports_the_end_also_when_the_loop_is_destroyed) {
  int dones = 0;
  {
    Handler handler;
    Loop loop(backend_options());
    Pair a = tcp_pair();
    Pair b = tcp_pair();
    relay(Connection::adopt(loop, std::move(a.ours), handler),
          Connection::adopt(loop, std::move(b.ours), handler), [&dones](const RelayResult& result) {
            ++dones;
            cr_expect(result.a == CloseReason::loop_destroyed);
            cr_expect(result.b == CloseReason::loop_destroyed);
          });
  }
  cr_expect(dones == 1);
}
