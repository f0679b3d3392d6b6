// What all connections of a loop hold together: LoopOptions::max_memory.
#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include "support/text.h"
#include <sluice/listener.h>
#include <sluice/payload.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kBudget = std::size_t{1} << 20U;

LoopOptions with_budget() {
  LoopOptions options = backend_options();
  options.max_memory = kBudget;
  return options;
}

// Connections whose own limits are far above the budget.
struct World {
  World() {
    options.high_water = 64 * kBudget;
    options.queue_limit = 64 * kBudget;
    options.input_limit = 64 * kBudget;
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }
  Connection& connection() {
    Pair pair = unix_pair();
    peers.emplace_back(std::move(pair.peers));
    return Connection::adopt(loop, std::move(pair.ours), handler, options);
  }
  Connection& with_queued(std::size_t bytes) {
    Connection& made = connection();
    made.send(std::string(bytes, 'x'));
    return made;
  }
  // Reads what is queued for `peer`.
  void read_all(Peer& peer) {
    turn_until(loop, [&] { return peer.waiting().empty() && loop.counters().bytes_out > 0; });
  }

  ConnectionOptions options;
  std::vector<Report> reports;
  Handler handler;
  Loop loop{with_budget()};
  std::list<Peer> peers;
};

}  // namespace

Test(memory_budget, nobody_is_paused_below_it) {
  World world;
  Connection& large = world.with_queued(kBudget / 2);
  turn_a_while(world.loop);
  cr_expect(!large.paused());
  cr_expect(world.loop.counters().memory_pauses == 0);
  cr_expect(world.reports.empty());
}

Test(memory_budget, above_it_the_connection_that_holds_most_is_not_read) {
  World world;
  Connection& small = world.with_queued(kBudget / 2);
  Connection& large = world.with_queued(2 * kBudget);
  turn_a_while(world.loop);
  cr_expect(large.paused());
  cr_expect(!small.paused());
  cr_expect(world.loop.counters().memory_pauses == 1);
  cr_assert(!world.reports.empty());
  cr_expect(world.reports[0].kind == Report::Kind::memory_limit);
  cr_expect(world.reports[0].what.find("1 connection is not read") != std::string::npos, "%s",
            world.reports[0].what.c_str());

  world.peers.back().send("unheard");
  world.peers.front().send("heard");
  turn_a_while(world.loop);
  cr_expect(world.handler.input == "heard");
}

Test(memory_budget, it_is_read_again_when_its_peer_has_read) {
  World world;
  Connection& large = world.with_queued(2 * kBudget);
  turn_a_while(world.loop);
  cr_assert(large.paused());
  world.peers.back().send("later");
  std::size_t received = 0;
  turn_until(world.loop, [&] {
    received += world.peers.back().waiting().size();
    return !large.paused();
  });
  turn_until(world.loop, [&] { return world.handler.input == "later"; });
  while (received < 2 * kBudget) {
    const std::string more = world.peers.back().receive(world.loop, 1);
    received += more.size() + world.peers.back().waiting().size();
  }
  cr_expect(received == 2 * kBudget, "nothing is lost");
}

Test(memory_budget, more_are_paused_while_it_grows) {
  World world;
  Connection& first = world.with_queued(2 * kBudget);
  turn_a_while(world.loop);
  cr_assert(first.paused());
  Connection& second = world.with_queued(kBudget);
  turn_until(
      world.loop, [&] { return second.paused(); }, "the second pause");
  cr_expect(first.paused());
}

Test(memory_budget, unconsumed_input_counts) {
  World world;
  world.handler.data = [](Connection&, std::string_view) { return std::size_t{0}; };
  Connection& greedy = world.connection();
  turn_until(world.loop, [&] {
    (void)world.peers.back().offer(std::string(65'536, 'x'));
    return greedy.paused();
  });
  cr_expect(greedy.unconsumed().size() <= 2 * kBudget, "%zu bytes", greedy.unconsumed().size());
}

Test(memory_budget, a_payload_counts_once_however_many_share_it) {
  World world;
  std::vector<Connection*> all;
  for (int i = 0; i < 20; ++i) all.push_back(&world.connection());
  {
    // More than a Unix socket's buffer takes.
    const Payload shared = Payload::copy(std::string(kBudget / 2, 'x'));
    for (Connection* each : all) each->send(shared);
  }
  turn_a_while(world.loop);
  cr_expect(world.loop.counters().memory_pauses == 0, "20 times half of the budget, shared");
}

Test(memory_budget, newcomers_are_refused_until_there_is_room) {
  Handler served;
  World world;
  const Listener listener(world.loop, Endpoint::from("tcp://127.0.0.1:0"), served);
  const Connection& large = world.with_queued(2 * kBudget);
  turn_a_while(world.loop);
  cr_assert(large.paused());

  Peer refused(listener.endpoint().address());
  cr_expect(refused.receive_all(world.loop).empty());
  cr_expect(world.loop.counters().refused == 1);
  cr_expect(served.journal.empty());

  world.peers.back().reset();
  turn_until(world.loop, [&] { return world.handler.closes == 1; });
  turn_until(world.loop, [&] {
    Peer welcome(listener.endpoint().address());
    turn_a_while(world.loop);
    return served.journal.find("open") != std::string::npos;
  });
}

Test(memory_budget, the_owner_s_pause_holds_after_it) {
  World world;
  Connection& large = world.with_queued(2 * kBudget);
  turn_a_while(world.loop);
  large.pause();
  turn_until(world.loop, [&] {
    (void)world.peers.back().waiting();
    return large.queued() == 0;
  });
  turn_a_while(world.loop, 200);  // the survey that lets it go on comes 50 ms later at most
  cr_expect(large.paused());
  large.resume();
  cr_expect(!large.paused());
}

Test(memory_budget, who_is_paused_for_it_can_still_be_idle) {
  World world;
  world.options.idle_timeout = milliseconds(300);
  world.handler.data = [](Connection&, std::string_view) { return std::size_t{0}; };
  world.connection();
  turn_until(world.loop, [&] {
    if (world.handler.closes == 0) (void)world.peers.back().offer(std::string(65'536, 'x'));
    return world.handler.closes == 1;
  });
  cr_expect(world.handler.last_reason == make_error_code(CloseReason::idle_timeout), "%s",
            world.handler.last_reason.message().c_str());
}
