// Listener::drain(): one service ends in order, and the others do not change.
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include "support/text.h"
#include <sluice/listener.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

std::size_t echo(Connection& connection, std::string_view text) {
  connection.send(text);
  return text.size();
}

// A listener, its handler and its clients.
struct Service {
  explicit Service(Loop& on, const ListenerOptions& options = {})
      : loop(on),
        listener(
            std::make_unique<Listener>(on, Endpoint::from("tcp://127.0.0.1:0"), handler, options)) {
    handler.data = echo;
  }
  Peer client() {
    const std::size_t before = listener->connections();
    Peer peer(listener->endpoint().address());
    turn_until(
        loop, [&] { return listener->connections() == before + 1; }, "the newcomer");
    return peer;
  }
  // A client that expects an echo: it sends, and reads the same bytes back.
  void expect_echo(Peer& peer, std::string_view text) const {
    peer.send(text);
    cr_expect(peer.receive(loop, text.size()) == text);
  }

  Handler handler;
  Loop& loop;
  std::unique_ptr<Listener> listener;
};

// The handlers must outlive the connections, which the loop owns, so the loop is destroyed first.
struct World {
  World() : loop(std::make_unique<Loop>(backend_options())), ended(*loop), kept(*loop) {}
  ~World() {
    ended.listener.reset();
    kept.listener.reset();
    loop.reset();
  }
  void until_done() {
    turn_until(
        *loop, [this] { return done > 0; }, "the end of the drain");
  }
  [[nodiscard]] Task count_done() {
    return [this] { ++done; };
  }

  std::unique_ptr<Loop> loop;
  Service ended;
  Service kept;
  int done = 0;
};

}  // namespace

Test(listener_drain, of_a_service_without_connections_ends_soon_and_once) {
  World world;
  world.ended.listener->drain(seconds(10), world.count_done());
  cr_expect(world.ended.listener->draining());
  cr_expect(world.done == 0, "it never runs inside drain()");
  const auto turns = world.loop->counters().turns;
  while (world.done == 0) world.loop->run_once();
  cr_expect(world.loop->counters().turns - turns <= 4, "each of these turns has something to do");
  cr_expect(not world.ended.listener->draining());
  turn_a_while(*world.loop);
  cr_expect(world.done == 1);
}

Test(listener_drain, refuses_newcomers_while_another_listener_accepts_them) {
  World world;
  Peer member = world.ended.client();
  world.ended.listener->drain(seconds(10), world.count_done());
  world.loop->poll();
  const Fd newcomer(::socket(AF_INET, SOCK_STREAM, 0));
  const Address& address = world.ended.listener->endpoint().address();
  cr_expect(::connect(newcomer.get(), address.data(), address.size()) == -1);
  cr_expect(errno == ECONNREFUSED);
  Peer other = world.kept.client();
  world.kept.expect_echo(other, "still here");
  cr_expect(world.done == 0);
}

Test(listener_drain, ends_its_connections_in_order_and_keeps_the_others) {
  World world;
  Peer other = world.kept.client();
  Peer peer = world.ended.client();
  world.ended.listener->drain(seconds(10), world.count_done());
  cr_expect(peer.receive_all(*world.loop).empty());
  cr_expect(peer.error() == 0);
  cr_expect(world.done == 0, "it waits for the peer's end");
  peer.close();
  world.until_done();
  cr_expect(world.ended.handler.closes == 1);
  cr_expect(not world.ended.handler.last_reason);
  cr_expect(world.ended.listener->connections() == 0);
  cr_expect(world.kept.handler.closes == 0);
  world.kept.expect_echo(other, "still here");
}

Test(listener_drain, answers_input_that_had_arrived_before) {
  World world;
  Peer peer = world.ended.client();
  peer.send("the last words");
  world.ended.listener->drain(seconds(10));
  cr_expect(peer.receive_all(*world.loop) == "the last words");
  cr_expect(peer.error() == 0);
}

Test(listener_drain, delivers_all_pending_output) {
  World world;
  const std::string much = numbered(8 * 1024 * 1024);
  world.ended.handler.open = [&](Connection& connection) { connection.send(much); };
  Peer peer = world.ended.client();
  world.ended.listener->drain(seconds(60), world.count_done());
  cr_expect(peer.receive_all(*world.loop) == much);
  peer.close();
  world.until_done();
}

Test(listener_drain, closes_at_its_deadline_the_remaining_connections_and_counts_them) {
  World world;
  Peer other = world.kept.client();
  std::vector<Peer> stubborn;
  for (int i = 0; i < 3; ++i) stubborn.push_back(world.ended.client());
  Peer willing = world.ended.client();
  const auto begin = std::chrono::steady_clock::now();
  world.ended.listener->drain(milliseconds(1700), world.count_done());
  (void)willing.receive_all(*world.loop);
  willing.close();
  world.until_done();
  cr_expect(std::chrono::steady_clock::now() - begin >= milliseconds(1700));
  cr_expect(world.ended.handler.closes == 4);
  cr_expect(world.ended.handler.last_reason == CloseReason::drain_deadline);
  cr_expect(world.loop->counters().closed_by(CloseReason::drain_deadline) == 3);
  cr_expect(world.ended.listener->connections() == 0);
  cr_expect(world.kept.handler.closes == 0);
  world.kept.expect_echo(other, "still here");
}

Test(listener_drain, with_a_deadline_of_zero_closes_at_once) {
  World world;
  Peer peer = world.ended.client();
  world.ended.listener->drain(milliseconds(0), world.count_done());
  cr_expect(world.ended.handler.closes == 0, "on_close() never runs inside drain()");
  world.until_done();
  cr_expect(world.loop->counters().closed_by(CloseReason::drain_deadline) == 1);
}

Test(listener_drain, called_twice_keeps_the_earlier_deadline_and_runs_one_task) {
  World world;
  Peer peer = world.ended.client();
  int second = 0;
  world.ended.listener->drain(seconds(600), world.count_done());
  world.ended.listener->drain(milliseconds(100), [&] { ++second; });
  world.ended.listener->drain(seconds(700), [&] { ++second; });
  world.until_done();
  turn_a_while(*world.loop);
  cr_expect(world.done == 1 && second == 0);
  cr_expect(world.loop->counters().closed_by(CloseReason::drain_deadline) == 1);
}

Test(listener_drain, runs_a_task_for_each_drain_that_has_ended) {
  World world;
  world.ended.listener->drain(seconds(10), world.count_done());
  world.until_done();
  world.ended.listener->drain(seconds(10), world.count_done());
  turn_until(*world.loop, [&] { return world.done == 2; });
}

Test(listener_drain, may_destroy_the_listener_in_its_task) {
  World world;
  Peer peer = world.ended.client();
  peer.send("the last words");
  world.ended.listener->drain(seconds(10), [&] {
    ++world.done;
    world.ended.listener.reset();
  });
  cr_expect(peer.receive_all(*world.loop) == "the last words");
  peer.close();
  world.until_done();
  cr_expect(world.ended.listener == nullptr);
  turn_a_while(*world.loop);
}

Test(listener_drain, may_drain_another_listener_and_the_same_one_again_in_its_task) {
  World world;
  int again = 0;
  world.ended.listener->drain(seconds(10), [&] {
    ++world.done;
    world.kept.listener->drain(seconds(10), [&] { ++again; });
    world.ended.listener->drain(seconds(10), [&] { ++again; });
  });
  world.until_done();
  turn_until(*world.loop, [&] { return again == 2; });
}

Test(listener_drain, whose_task_drains_again_and_again_does_not_keep_the_loop_in_one_turn) {
  World world;
  std::function<void()> again = [&] {
    ++world.done;
    world.ended.listener->drain(seconds(10), again);
  };
  world.ended.listener->drain(seconds(10), again);
  const auto turns = world.loop->counters().turns;
  while (world.done < 10) world.loop->poll();
  cr_expect(world.loop->counters().turns - turns >= 10);
}

Test(listener_drain, reports_an_exception_of_its_task) {
  World world;
  std::vector<std::string> reports;
  world.loop->set_reporter([&](const Report& report) { reports.push_back(report.what); });
  world.ended.listener->drain(seconds(10), [] { throw std::runtime_error("no good"); });
  turn_until(*world.loop, [&] { return !reports.empty(); });
  cr_expect(reports == std::vector<std::string>{"no good"});
  world.loop->set_reporter({});
}

Test(listener_drain,
     of_a_listener_that_is_destroyed_drops_the_task_and_still_ends_its_connections) {
  World world;
  Peer peer = world.ended.client();
  peer.send("the last words");
  world.ended.listener->drain(milliseconds(1), world.count_done());
  world.ended.listener.reset();
  cr_expect(peer.receive_all(*world.loop) == "the last words");
  ::poll(nullptr, 0, 10);
  turn_a_while(*world.loop);
  cr_expect(world.ended.handler.closes == 0, "the deadline ended with the listener");
  peer.close();
  turn_until(*world.loop, [&] { return world.ended.handler.closes == 1; });
  cr_expect(not world.ended.handler.last_reason);
  cr_expect(world.done == 0);
}

Test(listener_drain, closes_the_remaining_connections_when_the_loop_is_destroyed) {
  World world;
  Peer peer = world.ended.client();
  world.ended.listener->drain(seconds(10), world.count_done());
  world.loop->poll();
  world.ended.listener.reset();
  world.kept.listener.reset();
  world.loop.reset();
  cr_expect(world.done == 0);
  cr_expect(world.ended.handler.closes == 1);
  cr_expect(world.ended.handler.last_reason == CloseReason::loop_destroyed);
}

Test(listener_drain, in_a_handlers_callback_lets_that_callback_finish) {
  World world;
  world.ended.handler.data = [&](Connection& connection, std::string_view text) {
    world.ended.listener->drain(seconds(10), world.count_done());
    cr_expect(connection.state() == Connection::State::open);
    connection.send("bye");
    return text.size();
  };
  Peer peer = world.ended.client();
  peer.send("quit");
  cr_expect(peer.receive_all(*world.loop) == "bye");
  peer.close();
  world.until_done();
  cr_expect(not world.ended.handler.nested);
}

Test(listener_drain, in_the_factory_ends_the_newcomer_too) {
  Handler handler;
  handler.open = [](Connection& connection) { connection.send("hello"); };
  Loop loop(backend_options());
  int done = 0;
  std::unique_ptr<Listener> listener;
  listener =
      std::make_unique<Listener>(loop, Endpoint::from("tcp://127.0.0.1:0"), [&](const Address&) {
        listener->drain(seconds(10), [&] { ++done; });
        return ProtocolRef(handler);
      });
  Peer peer(listener->endpoint().address());
  cr_expect(peer.receive_all(loop) == "hello");
  peer.close();
  turn_until(loop, [&] { return done == 1; });
  cr_expect(handler.closes == 1);
}

Test(listener_drain, in_the_factory_may_be_followed_by_the_destruction_of_the_listener) {
  Handler handler;
  Loop loop(backend_options());
  int done = 0;
  std::unique_ptr<Listener> listener;
  listener =
      std::make_unique<Listener>(loop, Endpoint::from("tcp://127.0.0.1:0"), [&](const Address&) {
        listener->drain(seconds(10), [&] { ++done; });
        listener.reset();
        return ProtocolRef(handler);
      });
  Peer peer(listener->endpoint().address());
  (void)peer.receive_all(loop);
  peer.close();
  turn_until(loop, [&] { return handler.closes == 1; });
  turn_a_while(loop);
  cr_expect(done == 0);
}

namespace {

enum class How { at_once, deferred };

// What a member of the drained service sends goes to one of the other service.
void last_words_are_passed_on(How how) {
  World world;
  std::vector<Connection*> others;
  world.kept.handler.open = [&](Connection& connection) { others.push_back(&connection); };
  world.ended.handler.data = [&](Connection&, std::string_view text) {
    if (how == How::at_once) {
      others.at(0)->send(text);
    } else {
      world.loop->defer([&others, words = std::string(text)] { others.at(0)->send(words); });
    }
    return text.size();
  };
  Peer hearer = world.kept.client();
  Peer speaker = world.ended.client();
  const std::string much = numbered(100'000);
  // In the middle of a turn: the bytes have arrived, but have not been read yet.
  world.loop->post([&] {
    speaker.send(much);
    world.ended.listener->drain(seconds(10), world.count_done());
  });
  cr_expect(speaker.receive_all(*world.loop).empty());
  speaker.close();
  cr_expect(hearer.receive(*world.loop, much.size()) == much);
  world.until_done();
  cr_expect(world.kept.handler.closes == 0);
  cr_expect(not world.ended.handler.nested);
}

}  // namespace

Test(listener_drain, passes_the_last_input_to_connections_of_others) {
  last_words_are_passed_on(How::at_once);
}

Test(listener_drain, runs_deferred_tasks_of_handlers_too) {
  last_words_are_passed_on(How::deferred);
}

Test(listener_drain, that_begins_during_another_one_is_served_after_it) {
  World world;
  Peer first = world.ended.client();
  Peer second = world.kept.client();
  int second_done = 0;
  // The second drain begins while the last bytes of the first are being read.
  world.ended.handler.data = [&](Connection& connection, std::string_view text) {
    world.kept.listener->drain(seconds(10), [&] { ++second_done; });
    return echo(connection, text);
  };
  first.send("one");
  second.send("two");
  world.ended.listener->drain(seconds(10), world.count_done());
  cr_expect(first.receive_all(*world.loop) == "one");
  cr_expect(second.receive_all(*world.loop) == "two");
  first.close();
  second.close();
  turn_until(*world.loop, [&] { return world.done == 1 && second_done == 1; });
}

namespace {

// Both drains, in either order: the listener's task runs first, and both tasks run once.
void with_a_drain_of_the_loop(bool loop_first, milliseconds loops_deadline) {
  World world;
  Peer peer = world.ended.client();
  Peer other = world.kept.client();
  peer.send("one");
  other.send("two");
  std::string order;
  const auto drain_listener = [&] {
    world.ended.listener->drain(seconds(600), [&] { order += "listener "; });
  };
  const auto drain_loop = [&] { world.loop->drain(loops_deadline, [&] { order += "loop "; }); };
  if (loop_first) drain_loop();
  drain_listener();
  if (!loop_first) drain_loop();
  cr_expect(world.kept.listener->draining());
  cr_expect(peer.receive_all(*world.loop) == "one");
  cr_expect(other.receive_all(*world.loop) == "two");
  const bool cut = loops_deadline < seconds(1);
  if (!cut) {
    other.close();
    peer.close();
  }
  turn_until(*world.loop, [&] { return order.size() > 9; });
  turn_a_while(*world.loop);
  cr_expect(order == "listener loop ", "%s", order.c_str());
  cr_expect(world.loop->counters().closed_by(CloseReason::drain_deadline) == (cut ? 2U : 0U));
}

}  // namespace

Test(listener_drain, ends_before_a_drain_of_the_loop_that_began_later) {
  with_a_drain_of_the_loop(false, seconds(600));
  with_a_drain_of_the_loop(false, milliseconds(800));
}

Test(listener_drain, ends_before_a_drain_of_the_loop_that_began_earlier) {
  with_a_drain_of_the_loop(true, seconds(600));
  with_a_drain_of_the_loop(true, milliseconds(800));
}

namespace {

// A client that sends a text through an echo service repeatedly, and checks the answers.
class Streamer {
 public:
  explicit Streamer(Peer peer) : peer_(std::move(peer)) {}

  void step() {
    static constexpr std::size_t kMaxAhead = 200'000;
    if (sent_ - received_ < kMaxAhead) {
      const std::size_t from = sent_ % text().size();
      sent_ += peer_.offer(std::string_view(text()).substr(from, 20'000));
    }
    check();
  }
  [[nodiscard]] bool complete() const { return sent_ == received_; }
  [[nodiscard]] std::size_t received() const { return received_; }
  [[nodiscard]] bool intact() const { return wrong_ == 0 && !peer_.ended(); }
  void finish(Loop& loop) {
    turn_until(loop, [this] {
      check();
      return complete();
    });
  }

 private:
  void check() {
    for (const char byte : peer_.waiting()) {
      if (byte != text()[received_++ % text().size()]) ++wrong_;
    }
  }
  static const std::string& text() {
    static const std::string all = numbered(1 << 20);
    return all;
  }

  Peer peer_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  std::size_t wrong_ = 0;
};

}  // namespace

Test(listener_drain, under_load_loses_no_byte_of_the_drained_or_of_the_other_service,
     .timeout = 120) {
  constexpr int kDrains = 50;
  constexpr int kStreamers = 8;
  constexpr int kVictims = 4;
  World world;
  std::vector<Streamer> streamers;
  for (int i = 0; i < kStreamers; ++i) streamers.emplace_back(world.kept.client());
  // Destroyed before the loop; the handler outlives its connections.
  Handler handler;
  handler.data = echo;
  for (int round = 0; round < kDrains; ++round) {
    auto listener =
        std::make_unique<Listener>(*world.loop, Endpoint::from("tcp://127.0.0.1:0"), handler);
    std::vector<Peer> victims;
    for (int i = 0; i < kVictims; ++i) victims.emplace_back(listener->endpoint().address());
    turn_until(*world.loop, [&] {
      for (Streamer& one : streamers) one.step();
      return listener->connections() == kVictims;
    });
    const std::string words = numbered(30'000 + static_cast<std::size_t>(round));
    for (Peer& one : victims) one.send(words);
    int done = 0;
    listener->drain(seconds(100), [&] {
      ++done;
      listener.reset();
    });
    std::vector<std::string> heard(kVictims);
    turn_until(
        *world.loop,
        [&] {
          for (Streamer& one : streamers) one.step();
          for (std::size_t i = 0; i < victims.size(); ++i) {
            heard[i] += victims[i].waiting();
            if (victims[i].ended()) victims[i].close();
          }
          return done == 1;
        },
        "the end of a drain under load");
    for (std::size_t i = 0; i < victims.size(); ++i) {
      cr_expect(heard[i] == words, "round %d: %zu of %zu bytes", round, heard[i].size(),
                words.size());
      cr_expect(victims[i].error() == 0);
    }
  }
  for (Streamer& one : streamers) {
    one.finish(*world.loop);
    cr_expect(one.intact());
    cr_expect(one.received() > 0);
  }
  cr_expect(world.kept.handler.closes == 0);
  cr_expect(handler.closes == kDrains * kVictims);
  cr_expect(world.loop->counters().closed_by(CloseReason::drain_deadline) == 0);
}

Test(listener_drain, calls_on_drain_once_whichever_drain_begins_and_before_its_task) {
  for (const bool of_loop : {false, true}) {
    Loop loop(backend_options());
    Handler handler;
    std::string journal;
    ListenerOptions options;
    options.on_drain = [&journal] { journal += "begins "; };
    Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), handler, options);
    const auto drain = [&] {
      const Task done = [&journal] { journal += "over"; };
      of_loop ? loop.drain(seconds(10), done) : listener.drain(seconds(10), done);
    };
    drain();
    drain();
    cr_expect(journal.empty(), "in a turn");
    turn_until(loop, [&] { return journal.ends_with("over"); });
    cr_expect(journal == "begins over", "%s", journal.c_str());
  }
}

Test(listener_drain, may_be_ended_by_on_drain_which_destroys_the_listener_or_throws) {
  for (const bool throws : {false, true}) {
    std::string report;
    Loop loop(backend_options());
    loop.set_reporter([&report](const Report& of) { report = of.what; });
    Handler handler;
    std::unique_ptr<Listener> listener;
    ListenerOptions options;
    options.on_drain = [&] {
      if (throws) throw std::runtime_error("no such thing");
      listener.reset();
    };
    listener =
        std::make_unique<Listener>(loop, Endpoint::from("tcp://127.0.0.1:0"), handler, options);
    bool is_over = false;
    loop.drain(seconds(10), [&] { is_over = true; });
    turn_until(loop, [&] { return is_over; });
    cr_expect((listener == nullptr) == !throws);
    cr_expect((report.find("no such thing") != std::string::npos) == throws, "%s", report.c_str());
  }
}
