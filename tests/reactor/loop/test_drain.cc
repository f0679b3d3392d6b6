// Loop::drain(): nothing new is accepted, pending output is delivered, and the drain ends.
#include <sys/ioctl.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include "support/text.h"
#include <sluice/listener.h>
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

std::size_t echo(Connection& connection, std::string_view text) {
  connection.send(text);
  return text.size();
}

// What the peer's kernel has not delivered yet.
std::size_t unsent(const Peer& peer) {
  int bytes = 0;
  cr_assert(::ioctl(peer.fd(), TIOCOUTQ, &bytes) == 0);
  return static_cast<std::size_t>(bytes);
}

struct Service {
  Handler handler;
  Loop loop{backend_options()};
  Listener listener{loop, Endpoint::from("tcp://127.0.0.1:0"), handler};

  [[nodiscard]] const Address& address() const { return listener.endpoint().address(); }
  Peer client() {
    const std::uint64_t before = loop.counters().accepted;
    Peer peer(address());
    turn_until(loop, [&] { return loop.counters().accepted == before + 1; });
    return peer;
  }
};

}  // namespace

Test(drain, of_a_loop_without_connections_ends_at_once) {
  Loop loop(backend_options());
  bool done = false;
  loop.drain(seconds(10), [&] { done = true; });
  cr_expect(loop.draining());
  turn_until(loop, [&] { return done; });
  cr_expect(not loop.draining());
}

Test(drain, without_a_task_stops_the_loop) {
  Loop loop(backend_options());
  loop.drain(seconds(10));
  loop.run();
  cr_expect(not loop.draining());
}

Test(drain, refuses_newcomers) {
  Service service;
  Peer member = service.client();
  service.loop.drain(seconds(10));
  service.loop.poll();
  const Fd newcomer(::socket(AF_INET, SOCK_STREAM, 0));
  cr_expect(::connect(newcomer.get(), service.address().data(), service.address().size()) == -1);
  cr_expect(errno == ECONNREFUSED);
}

Test(drain, ends_a_connection_in_order_and_waits_for_the_peer) {
  Service service;
  Peer peer = service.client();
  bool done = false;
  service.loop.drain(seconds(10), [&] { done = true; });
  cr_expect(peer.receive_all(service.loop).empty());
  cr_expect(peer.error() == 0);
  cr_expect(not done);
  peer.close();
  turn_until(service.loop, [&] { return done; });
  cr_expect(service.handler.closes == 1);
  cr_expect(not service.handler.last_reason);
}

Test(drain, answers_input_that_had_arrived_before) {
  Service service;
  service.handler.data = echo;
  Peer peer = service.client();
  peer.send("the last words");
  service.loop.drain(seconds(10));
  cr_expect(peer.receive_all(service.loop) == "the last words");
}

Test(drain, delivers_all_pending_output) {
  Service service;
  const std::string much = numbered(8 * 1024 * 1024);
  service.handler.open = [&](Connection& connection) { connection.send(much); };
  Peer peer = service.client();
  bool done = false;
  service.loop.drain(seconds(20), [&] { done = true; });
  cr_expect(peer.receive_all(service.loop) == much);
  peer.close();
  turn_until(service.loop, [&] { return done; });
}

Test(drain, aborts_at_its_deadline_peers_that_do_not_read) {
  Service service;
  const std::string much = numbered(8 * 1024 * 1024);
  service.handler.open = [&](Connection& connection) { connection.send(much); };
  Peer peer = service.client();
  const auto begin = std::chrono::steady_clock::now();
  service.loop.drain(milliseconds(150));
  service.loop.run();
  cr_expect(std::chrono::steady_clock::now() - begin >= milliseconds(150));
  cr_expect(service.handler.closes == 1);
  cr_expect(service.handler.last_reason == CloseReason::drain_deadline);
  cr_expect(service.loop.counters().closed_by(CloseReason::drain_deadline) == 1);
}

Test(drain, delivers_arrived_input_while_the_peer_does_not_read_yet) {
  Service service;
  service.handler.data = echo;
  Peer peer = service.client();
  // Until the connection is paused, because nobody reads its answers, and the kernel accepts no
  // more.
  std::string sent;
  const std::string part = numbered(64 * 1024);
  for (std::size_t taken = 1; taken > 0;) {
    turn_a_while(service.loop, 5);
    taken = peer.offer(part);
    sent += part.substr(0, taken);
  }
  const std::size_t arrived = sent.size() - unsent(peer);
  cr_expect(service.handler.input.size() < arrived);
  bool done = false;
  service.loop.drain(seconds(20), [&] { done = true; });
  turn_a_while(service.loop, 10);
  cr_expect(not done);
  const std::string received = peer.receive_all(service.loop);
  cr_expect(received.size() >= arrived, "%zu of %zu", received.size(), arrived);
  cr_expect(sent.compare(0, received.size(), received) == 0);
  cr_expect(service.handler.input == received);
  peer.close();
  turn_until(service.loop, [&] { return done; });
  cr_expect(service.loop.counters().closed_by(CloseReason::drain_deadline) == 0);
  cr_expect(service.loop.counters().cut_bytes == 0);
}

Test(drain, closes_nobody_while_the_budget_of_a_turn_keeps_input_from_a_handler) {
  LoopOptions options = backend_options();
  options.turn_messages = 2;
  Connection* hearer = nullptr;
  Handler handler;
  Loop loop(options);
  handler.open = [&](Connection& connection) {
    if (hearer == nullptr) hearer = &connection;
  };
  handler.data = [&](Connection& connection, std::string_view text) {
    std::size_t passed_on = 0;
    do {
      hearer->send(text.substr(passed_on++, 1));
    } while (passed_on < text.size() && connection.may_continue());
    return passed_on;
  };
  const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), handler);
  Peer hears(listener.endpoint().address());
  turn_until(loop, [&] { return hearer != nullptr; });
  Peer speaks(listener.endpoint().address());
  turn_until(loop, [&] { return loop.counters().accepted == 2; });
  const std::string said = numbered(300);
  speaks.send(said);
  loop.drain(seconds(10));
  cr_expect(hears.receive_all(loop) == said);
  cr_expect(loop.counters().closed_by(CloseReason::drain_deadline) == 0);
}

Test(drain, counts_the_bytes_that_it_drops_at_its_deadline) {
  Service service;
  service.handler.data = echo;
  Peer peer = service.client();
  std::size_t sent = 0;
  const std::string part(64 * 1024, 'x');
  for (std::size_t taken = 1; taken > 0; sent += taken) {
    turn_a_while(service.loop, 5);
    taken = peer.offer(part);
  }
  service.loop.drain(milliseconds(100));
  service.loop.run();
  const Counters& counters = service.loop.counters();
  cr_expect(service.handler.last_reason == CloseReason::drain_deadline);
  cr_expect(counters.closed_by(CloseReason::drain_deadline) == 1);
  // What the handler has not seen, and its answers that wait. The rest is in the kernel's queues.
  cr_expect(counters.cut_bytes >= counters.bytes_in - counters.bytes_out);
  cr_expect(counters.cut_bytes > 0 && counters.cut_bytes <= sent, "%zu", sent);
}

Test(drain, waits_for_a_handler_that_has_paused_with_pending_input) {
  LoopOptions options;
  options.virtual_time = true;
  Loop loop(options);
  Handler handler;
  handler.data = [](Connection& connection, std::string_view text) {
    if (text.size() > 3) connection.pause();
    return std::min<std::size_t>(text.size(), 3);
  };
  MemoryPeer peer(loop, handler);
  peer.send("onetwosix");
  bool done = false;
  loop.drain(seconds(10), [&] { done = true; });
  peer.settle();
  for (const char* seen : {"one", "onetwo"}) {
    cr_expect(handler.input == seen, "%s", handler.input.c_str());
    cr_expect(peer.connection().state() == Connection::State::open);
    peer.connection().resume();
    peer.settle();
  }
  cr_expect(handler.input == "onetwosix", "%s", handler.input.c_str());
  cr_expect(peer.saw_end());
  peer.end();
  cr_expect(done && peer.closed());
  cr_expect(loop.counters().closed_by(CloseReason::drain_deadline) == 0);
}

// What it sends after the beginning of the drain is owed to nobody.
Test(drain, is_not_prolonged_by_a_peer_that_continues_to_send) {
  Service service;
  Peer peer = service.client();
  bool done = false;
  service.loop.drain(seconds(60), [&] { done = true; });
  const auto give_up = std::chrono::steady_clock::now() + seconds(20 * slowness());
  const std::string part(256 * 1024, 'x');
  while (service.loop.counters().connections_open > 0 && not done) {
    cr_assert(std::chrono::steady_clock::now() < give_up);
    (void)peer.offer(part);
    service.loop.poll();
    (void)peer.waiting();
    if (peer.ended()) peer.close();
  }
  cr_expect(service.loop.counters().closed_by(CloseReason::drain_deadline) == 0);
}

Test(drain, does_not_let_a_slow_connection_delay_the_others) {
  LoopOptions options;
  options.virtual_time = true;
  Loop loop(options);
  Handler slow;
  slow.data = [](Connection& connection, std::string_view) {
    connection.pause();
    return std::size_t{0};
  };
  Handler quick;
  MemoryPeer first(loop, slow);
  MemoryPeer second(loop, quick);
  first.send("waits");
  loop.drain(seconds(10));
  second.settle();
  cr_expect(second.saw_end() && !first.saw_end());
  first.advance(seconds(10));
  cr_expect(first.close_reason() == CloseReason::drain_deadline);
  cr_expect(loop.counters().cut_bytes == 5);
}

Test(drain, is_announced_to_each_handler_once_before_its_last_input) {
  struct Parting final : Protocol {
    std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
      connection.send(in);
      return in.size();
    }
    void on_drain(Connection& connection) override { connection.send("closing "); }
  };
  LoopOptions options;
  options.virtual_time = true;
  Loop loop(options);
  MemoryPeer peer(loop, std::make_unique<Parting>());
  loop.drain(seconds(10));
  loop.drain(seconds(10));
  peer.send("last words");
  cr_expect(peer.received() == "closing last words");
  cr_expect(peer.saw_end());
}

Test(drain, closes_a_handler_that_closes_when_it_is_announced) {
  struct Endless final : Protocol {
    std::size_t on_data(Connection&, std::span<const std::byte>) override { return 0; }
    void on_drain(Connection& connection) override { connection.close(); }
  };
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection::adopt(loop, std::move(pair.ours), std::make_unique<Endless>());
  Peer peer(std::move(pair.peers));
  peer.send("unread");
  loop.drain(seconds(10));
  cr_expect(peer.receive_all(loop).empty());
  peer.close();
  loop.run();
  cr_expect(loop.counters().closed_by(CloseReason::drain_deadline) == 0);
}

Test(drain, called_twice_keeps_the_earlier_deadline_and_runs_one_task) {
  LoopOptions options;
  options.virtual_time = true;
  Loop loop(options);
  Handler handler;
  MemoryPeer peer(loop, handler);
  peer.set_window(0);
  peer.connection().send("waits for ever");
  int first = 0;
  int second = 0;
  loop.drain(seconds(30), [&] { ++first; });
  loop.drain(seconds(5), [&] { ++second; });
  loop.drain(seconds(60), [&] { ++second; });
  peer.advance(milliseconds(4900));
  cr_expect(not peer.closed());
  peer.advance(milliseconds(200));
  cr_expect(peer.closed());
  cr_expect(peer.close_reason() == CloseReason::drain_deadline);
  cr_expect(first == 1 && second == 0);
}

Test(drain, in_a_handlers_callback_lets_that_callback_finish) {
  Service service;
  service.handler.data = [&](Connection& connection, std::string_view text) {
    service.loop.drain(seconds(10));
    cr_expect(connection.state() == Connection::State::open);
    connection.send("bye");
    return text.size();
  };
  Peer peer = service.client();
  peer.send("quit");
  cr_expect(peer.receive_all(service.loop) == "bye");
  cr_expect(not service.handler.nested);
}

namespace {

// In the middle of a turn: the bytes have arrived, but have not been read yet.
void speak_and_drain(Loop& loop, Peer& speaker, const std::string& words) {
  loop.post([&loop, &speaker, words] {
    speaker.send(words);
    loop.drain(seconds(10));
  });
}

enum class How { at_once, deferred };

// Two connections; what one sends goes to the other.
void last_words_are_passed_on(bool from_the_first, How how) {
  Service service;
  std::vector<Connection*> open;
  service.handler.open = [&](Connection& connection) { open.push_back(&connection); };
  service.handler.data = [&](Connection& connection, std::string_view text) {
    for (Connection* one : open) {
      if (one == &connection) continue;
      if (how == How::at_once) {
        one->send(text);
      } else {
        service.loop.defer([one, words = std::string(text)] { one->send(words); });
      }
    }
    return text.size();
  };
  Peer first = service.client();
  Peer second = service.client();
  Peer& speaker = from_the_first ? first : second;
  Peer& hearer = from_the_first ? second : first;
  const std::string much = numbered(100'000);
  speak_and_drain(service.loop, speaker, much);
  cr_expect(hearer.receive_all(service.loop) == much);
  cr_expect(hearer.error() == 0);
  cr_expect(speaker.receive_all(service.loop).empty());
  cr_expect(not service.handler.nested);
}

}  // namespace

Test(drain, passes_the_last_input_of_an_older_connection_to_a_newer_one) {
  last_words_are_passed_on(true, How::at_once);
}

Test(drain, passes_the_last_input_of_a_newer_connection_to_an_older_one) {
  last_words_are_passed_on(false, How::at_once);
}

Test(drain, runs_deferred_tasks_of_handlers_too) {
  last_words_are_passed_on(true, How::deferred);
  last_words_are_passed_on(false, How::deferred);
}
