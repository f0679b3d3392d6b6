// Functions at the end of a turn: when they run, in which order, and what they may do.
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <criterion/criterion.h>
#include <ev.h>

#include "support/backend.h"
#include "support/streams.h"
#include <sluice/end_of_turn.h>
#include <sluice/loop.h>
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

TestSuite(end_of_turn, .timeout = 20);

Test(end_of_turn, runs_once_after_the_turns_callbacks_and_deferred_tasks) {
  Loop loop(backend_options());
  std::string order;
  EndOfTurn end(loop, [&] { order += 'e'; });
  loop.post([&] {
    end.request();
    end.request();
    loop.defer([&] {
      order += 'd';
      end.request();
    });
    order += '1';
  });
  loop.post([&] { order += '2'; });
  loop.poll();
  cr_expect(order == "12de", "%s", order.c_str());
  cr_expect(not end.requested());
  loop.poll();
  cr_expect(order == "12de", "%s", order.c_str());
}

Test(end_of_turn, does_not_run_unless_requested) {
  Loop loop(backend_options());
  const EndOfTurn end(loop, [] { cr_expect(false); });
  cr_expect(not end.requested());
  loop.post([] {});
  loop.poll();
}

Test(end_of_turn, runs_in_the_order_of_the_requests) {
  Loop loop(backend_options());
  std::string order;
  EndOfTurn first(loop, [&] { order += '1'; });
  EndOfTurn second(loop, [&] { order += '2'; });
  loop.post([&] {
    second.request();
    first.request();
  });
  loop.poll();
  cr_expect(order == "21", "%s", order.c_str());
}

Test(end_of_turn, requested_outside_a_turn_does_not_let_the_loop_wait) {
  Loop loop(backend_options());
  EndOfTurn end(loop, [&] { loop.stop(); });
  end.request();
  cr_expect(end.requested());
  loop.run();
  cr_expect(not end.requested());
}

Test(end_of_turn, runs_before_the_turns_output_is_written) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  Peer peer(std::move(pair.peers));
  std::string written_before;
  EndOfTurn end(loop, [&] {
    written_before = peer.waiting();
    connection.send("then");
  });
  loop.post([&] {
    connection.send("first ");  // this requests the end of the turn before the function does
    end.request();
  });
  loop.poll();
  cr_expect(written_before.empty(), "%s", written_before.c_str());
  cr_expect(peer.waiting() == "first then");
}

Test(end_of_turn, runs_before_on_close) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler);
  std::size_t closes = 1;
  EndOfTurn end(loop, [&] { closes = handler.closes; });
  loop.post([&] {
    connection.abort();
    end.request();
  });
  loop.poll();
  cr_expect(closes == 0 && handler.closes == 1);
}

Test(end_of_turn, requested_by_on_close_runs_in_the_same_turn_and_is_written) {
  Handler leaver;
  Handler handler;
  Loop loop(backend_options());
  Pair leaving = unix_pair();
  Pair staying = unix_pair();
  Connection& first = Connection::adopt(loop, std::move(leaving.ours), leaver);
  Connection& second = Connection::adopt(loop, std::move(staying.ours), handler);
  Peer peer(std::move(staying.peers));
  EndOfTurn end(loop, [&] { second.send("it has left"); });
  leaver.close = [&](Connection&, std::error_code) { end.request(); };
  loop.post([&] { first.abort(); });
  loop.poll();
  cr_expect(peer.waiting() == "it has left");
}

Test(end_of_turn, requested_by_another_function_runs_in_the_same_turn) {
  Loop loop(backend_options());
  std::string order;
  std::optional<EndOfTurn> first;
  EndOfTurn second(loop, [&] {
    order += '2';
    if (order.size() < Loop::kMaxEndOfTurnRounds) first->request();
  });
  first.emplace(loop, [&] {
    order += '1';
    second.request();
  });
  first->request();
  loop.poll();
  cr_expect(order == "12121212", "%s", order.c_str());
}

Test(end_of_turn, that_requests_itself_forever_lets_the_loop_serve_others) {
  Loop loop(backend_options());
  int calls = 0;
  std::optional<EndOfTurn> end;
  end.emplace(loop, [&] {
    ++calls;
    end->request();
  });
  end->request();
  loop.poll();
  cr_expect(calls == Loop::kMaxEndOfTurnRounds, "%d calls in one turn", calls);
  Timer timer(loop, [&] { loop.stop(); });
  timer.start(milliseconds(5));
  loop.run();
  cr_expect(calls > Loop::kMaxEndOfTurnRounds);
}

Test(end_of_turn, may_destroy_itself) {
  Loop loop(backend_options());
  std::optional<EndOfTurn> only;
  const auto token = std::make_shared<int>(0);
  only.emplace(loop, [&, token] {
    only.reset();
    ++*token;  // its captures exist until it returns
  });
  only->request();
  loop.poll();
  cr_expect(not only && *token == 1);
  cr_expect(token.use_count() == 1);
}

Test(end_of_turn, may_destroy_another_function_which_then_does_not_run) {
  Loop loop(backend_options());
  std::optional<EndOfTurn> second;
  int ran = 0;
  EndOfTurn first(loop, [&] { second.reset(); });
  second.emplace(loop, [] { cr_expect(false, "it has been destroyed"); });
  EndOfTurn third(loop, [&] { ++ran; });
  first.request();
  second->request();
  third.request();
  loop.poll();
  cr_expect(ran == 1);
}

Test(end_of_turn, that_throws_is_reported_and_remains) {
  int reports = 0;
  Loop loop(backend_options());
  loop.set_reporter([&](const Report& report) {
    ++reports;
    cr_expect(report.kind == Report::Kind::handler_threw);
    cr_expect(report.where == "end of turn" && report.what == "bad");
  });
  int ran = 0;
  EndOfTurn bad(loop, [&] {
    ++ran;
    throw std::runtime_error("bad");
  });
  EndOfTurn good(loop, [&] { ++ran; });
  bad.request();
  good.request();
  loop.poll();
  bad.request();
  loop.poll();
  cr_expect(ran == 3 && reports == 1, "the same exception is reported once a second");
}

Test(end_of_turn, runs_at_the_end_of_each_step_of_virtual_time) {
  LoopOptions options = backend_options();
  options.virtual_time = true;
  Loop loop(options);
  std::string order;
  EndOfTurn end(loop, [&] { order += 'e'; });
  Timer timer(loop, [&] {
    order += 't';
    end.request();
  });
  timer.start_repeating(milliseconds(10));
  loop.advance(milliseconds(30));
  cr_expect(order == "tetete", "%s", order.c_str());
}

Test(end_of_turn, runs_before_a_drain_ends_and_does_not_delay_it) {
  Loop loop(backend_options());
  std::string order;
  EndOfTurn end(loop, [&] { order += 'e'; });
  const EndOfTurn never(loop, [] { cr_expect(false, "nobody requested it"); });
  loop.post([&] {
    end.request();
    loop.drain(seconds(10), [&] { order += 'd'; });
  });
  turn_until(loop, [&] { return not loop.draining(); });
  cr_expect(order == "ed", "%s", order.c_str());
}

Test(end_of_turn, sends_for_input_that_had_arrived_before_a_drain) {
  Handler speaker;
  Handler listener;
  Loop loop(backend_options());
  Pair speaking = unix_pair();
  Pair listening = unix_pair();
  Connection::adopt(loop, std::move(speaking.ours), speaker);
  Connection& second = Connection::adopt(loop, std::move(listening.ours), listener);
  Peer mouth(std::move(speaking.peers));
  Peer ear(std::move(listening.peers));
  std::string gathered;
  EndOfTurn end(loop, [&] { second.send(std::exchange(gathered, {})); });
  speaker.data = [&](Connection&, std::string_view text) {
    gathered += text;
    end.request();
    return text.size();
  };
  loop.post([&] {
    mouth.send("last words");
    loop.drain(seconds(10));
  });
  cr_expect(ear.receive_all(loop) == "last words");
}

namespace {

unsigned host_backend() {
  switch (backend_options().backend) {
    case Backend::epoll:
      return EVBACKEND_EPOLL;
    case Backend::poll:
      return EVBACKEND_POLL;
    case Backend::select:
      return EVBACKEND_SELECT;
    default:
      return EVFLAG_AUTO;
  }
}

}  // namespace

Test(end_of_turn, runs_before_a_hosts_loop_returns_or_waits) {
  struct ev_loop* const host = ev_loop_new(host_backend());
  cr_assert(host != nullptr);
  {
    Loop loop(host);
    std::string order;
    EndOfTurn end(loop, [&] { order += 'e'; });
    end.request();  // by the host, outside a turn; nothing else is watched
    ev_run(host, 0);
    cr_expect(order == "e", "%s", order.c_str());
    Timer timer(loop, [&] {
      order += 't';
      end.request();
    });
    timer.start(milliseconds(1));
    ev_run(host, 0);
    cr_expect(order == "ete", "%s", order.c_str());
  }
  ev_loop_destroy(host);
}
