// A connection from the outside: how it opens and half-closes, and what it returns about itself.
// Over TCP and Unix sockets. How it ends is in test_connection_close.cc.
#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <string>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/hooked_transport.h"
#include "support/streams.h"
#include "support/text.h"

using namespace sluice;
using namespace sluice::test;

namespace {

using State = Connection::State;

Connection& adopt(Loop& loop, Pair& pair, Handler& handler, const ConnectionOptions& options = {}) {
  return Connection::adopt(loop, std::move(pair.ours), handler, options);
}

int error_of_adopting(Loop& loop, Fd fd) {
  Handler handler;
  try {
    Connection::adopt(loop, std::move(fd), handler);
  } catch (const std::system_error& error) {
    cr_expect(handler.journal.empty());
    return error.code().value();
  }
  return 0;
}

}  // namespace

Test(connection, is_open_and_has_run_on_open_when_adopt_returns) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  const Connection& connection = adopt(loop, pair, handler);
  cr_expect(handler.journal == "open");
  cr_expect(connection.state() == State::open);
  cr_expect(connection.close_reason() == CloseReason::open);
  cr_expect(&connection.protocol() == &handler);
  cr_expect(&connection.loop() == &loop);
  cr_expect(loop.counters().connections_open == 1);
  cr_expect(loop.counters().accepted == 0);
}

Test(connection, returns_both_its_addresses) {
  Handler handler;
  Loop loop(backend_options());
  for (const int family : {AF_INET, AF_INET6}) {
    Pair pair = tcp_pair(family);
    const Address local = Address::local_of(pair.ours.get());
    const Connection& connection = adopt(loop, pair, handler);
    cr_expect(connection.peer() == Address::local_of(pair.peers.get()));
    cr_expect(connection.local() == local);
    Peer(std::move(pair.peers)).reset();
    turn_until(loop, [&] { return loop.counters().connections_open == 0; });
  }
  Pair pair = unix_pair();
  const Connection& connection = adopt(loop, pair, handler);
  cr_expect(connection.peer().is_unix() && connection.peer().path().empty());
}

Test(connection, returns_the_ipv4_address_of_an_ipv4_peer_on_an_ipv6_socket) {
  Handler handler;
  Loop loop(backend_options());
  const Fd listening(::socket(AF_INET6, SOCK_STREAM, 0));
  cr_assert(::listen(listening.get(), 1) == 0);  // at [::], and so at 0.0.0.0 too
  const Peer peer(Address::loopback(AF_INET, Address::local_of(listening.get()).port()));
  Pair pair{Fd(::accept(listening.get(), nullptr, nullptr)), Fd()};
  cr_expect(adopt(loop, pair, handler).peer() == Address::local_of(peer.fd()));
}

Test(connection, rejects_a_socket_that_is_not_connected) {
  Loop loop(backend_options());
  int fds[2];
  cr_assert(::pipe(fds) == 0);
  const Fd write_end(fds[1]);
  cr_expect(error_of_adopting(loop, Fd(fds[0])) == ENOTSOCK);
  cr_expect(::fcntl(fds[0], F_GETFD) == -1, "it is closed all the same");
  cr_expect(error_of_adopting(loop, Fd(::socket(AF_INET, SOCK_STREAM, 0))) == ENOTCONN);
  cr_expect(error_of_adopting(loop, Fd()) == EBADF);
  cr_expect(loop.counters().connections_open == 0);
}

Test(connection, closes_when_the_peer_ends) {
  for (Pair (*make)() : {+[] { return unix_pair(); }, +[] { return tcp_pair(); }}) {
    Handler handler;
    Loop loop(backend_options());
    Pair pair = make();
    adopt(loop, pair, handler);
    Peer peer(std::move(pair.peers));
    peer.send("last words");
    peer.end();
    peer.receive_all(loop);
    cr_expect(peer.error() == 0);
    cr_expect(handler.journal == "open data eof close:closed in order");
    cr_expect(handler.input == "last words");
    cr_expect(!handler.last_reason);
    cr_expect(loop.counters().closed_by(CloseReason::peer_closed) == 1);
  }
}

Test(connection, continues_to_send_after_the_peer_half_closes) {
  Handler handler;
  handler.eof = [](Connection& connection) { connection.send("heard you; "); };
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  Connection& connection = adopt(loop, pair, handler);
  Peer peer(std::move(pair.peers));
  peer.end();
  cr_expect(peer.receive(loop, 11) == "heard you; ");
  turn_a_while(loop);
  cr_expect(connection.peer_ended() && connection.state() == State::open);
  connection.send("and still do");
  connection.close();
  cr_expect(peer.receive_all(loop) == "and still do");
  cr_expect(peer.error() == 0);
  cr_expect(handler.journal == "open eof close:closed in order");
}

Test(connection, continues_to_read_after_its_own_half_close) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  Connection& connection = adopt(loop, pair, handler);
  Peer peer(std::move(pair.peers));
  connection.send("no more from me");
  connection.shutdown();
  connection.shutdown();
  connection.send("really");
  cr_expect(peer.receive_all(loop) == "no more from me");
  cr_expect(connection.state() == State::open);
  peer.send("but from me");
  turn_until(loop, [&] { return handler.input == "but from me"; });
  cr_expect(connection.state() == State::open);
  peer.end();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(handler.journal == "open data eof close:closed in order");
  cr_expect(loop.counters().closed_by(CloseReason::peer_closed) == 1);
}

Test(connection, ends_when_both_sides_have_half_closed) {
  Handler handler;
  handler.eof = [](Connection& connection) { connection.shutdown(); };
  Loop loop(backend_options());
  Pair pair = unix_pair();
  adopt(loop, pair, handler);
  Peer peer(std::move(pair.peers));
  peer.end();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(loop.counters().closed_by(CloseReason::peer_closed) == 1);
}

Test(connection, counts_its_bytes_and_the_loop_counts_all) {
  Handler handler;
  handler.data = [](Connection& connection, std::string_view in) {
    connection.send(in);
    connection.send(in);
    return in.size();
  };
  Loop loop(backend_options());
  Pair one = unix_pair();
  Pair two = tcp_pair();
  Connection& first = adopt(loop, one, handler);
  Connection& second = adopt(loop, two, handler);
  Peer peer_one(std::move(one.peers));
  Peer peer_two(std::move(two.peers));
  peer_one.send("12345");
  peer_two.send("1234567");
  cr_expect(peer_one.receive(loop, 10) == "1234512345");
  cr_expect(peer_two.receive(loop, 14) == "12345671234567");
  cr_expect(first.bytes_in() == 5 && first.bytes_out() == 10);
  cr_expect(second.bytes_in() == 7 && second.bytes_out() == 14);
  cr_expect(loop.counters().bytes_in == 12 && loop.counters().bytes_out == 24);
  cr_expect(first.queued() == 0);
}

Test(connection, is_found_by_its_id_until_it_is_closed) {
  Handler handler;
  Loop loop(backend_options());
  cr_expect(Connection::find(loop, ConnectionId{}) == nullptr, "before there was any");
  Pair pair = unix_pair();
  Connection& connection = adopt(loop, pair, handler);
  const ConnectionId id = connection.id();
  cr_expect(Connection::find(loop, id) == &connection);
  cr_expect(Connection::find(loop, ConnectionId{}) == nullptr);
  cr_expect(Connection::find(loop, {id.slot + 1, id.generation}) == nullptr);
  cr_expect(Connection::find(loop, {id.slot + 1000, id.generation}) == nullptr);
  connection.abort();
  cr_expect(Connection::find(loop, id) == &connection, "on_close() is still to come");
  loop.poll();
  cr_expect(Connection::find(loop, id) == nullptr);
  Pair next = unix_pair();
  const ConnectionId successor = adopt(loop, next, handler).id();
  cr_expect(successor.slot == id.slot, "a freed slot is used again");
  cr_expect(!(successor == id));
  cr_expect(Connection::find(loop, id) == nullptr);
}

Test(connection, owns_its_handler) {
  struct Counted final : Protocol {
    explicit Counted(int& alive) : alive_(alive) { ++alive_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() override { --alive_; }
    std::size_t on_data(Connection&, std::span<const std::byte> in) override { return in.size(); }
    int& alive_;
  };
  int alive = 0;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection& connection =
      Connection::adopt(loop, std::move(pair.ours), std::make_unique<Counted>(alive));
  cr_expect(alive == 1);
  connection.abort();
  cr_expect(alive == 1);
  loop.poll();
  cr_expect(alive == 0);
}

namespace {

// Counts itself, to see when it is destroyed.
class Counted final : public Protocol {
 public:
  Counted(int& alive, std::string& journal) : alive_(alive), journal_(journal) { ++alive_; }
  ~Counted() override { --alive_; }
  void on_open(Connection&) override { journal_ += "open "; }
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    const std::string text(reinterpret_cast<const char*>(in.data()), in.size());
    journal_ += "data:" + text + " ";
    if (then) then(connection);
    return std::min<std::size_t>(in.size(), 4);
  }
  void on_close(Connection&, std::error_code) override { journal_ += "close "; }
  std::function<void(Connection&)> then;

 private:
  int& alive_;
  std::string& journal_;
};

}  // namespace

Test(connection, delivers_what_is_unconsumed_to_a_new_handler_and_calls_the_old_one_no_more) {
  int alive = 0;
  std::string journal;
  Handler later;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  auto first = std::make_unique<Counted>(alive, journal);
  first->then = [&](Connection& connection) {
    connection.set_protocol(later);
    cr_expect(alive == 1, "it is running");
    cr_expect(&connection.protocol() == &later);
  };
  Connection::adopt(loop, std::move(pair.ours), std::move(first));
  Peer peer(std::move(pair.peers));
  peer.send("GET rest");
  turn_until(loop, [&] { return later.input == "rest"; });
  cr_expect(alive == 0);
  peer.send(" more");
  turn_until(loop, [&] { return later.input == "rest more"; });
  peer.end();
  turn_until(loop, [&] { return later.closes == 1; });
  cr_expect(journal == "open data:GET rest ", "%s", journal.c_str());
  cr_expect(later.journal.starts_with("data data"), "no on_open: %s", later.journal.c_str());
}

Test(connection, gives_a_new_handler_what_was_unconsumed_before) {
  int alive = 0;
  std::string journal;
  Handler none;
  none.data = [](Connection&, std::string_view) { return std::size_t{0}; };
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection& connection = adopt(loop, pair, none);
  Peer peer(std::move(pair.peers));
  peer.send("line");
  turn_until(loop, [&] { return connection.unconsumed().size() == 4; });
  connection.set_protocol(std::make_unique<Counted>(alive, journal));
  connection.set_protocol(std::make_unique<Counted>(alive, journal));
  loop.poll();
  cr_expect(journal == "data:line ", "%s", journal.c_str());
  cr_expect(alive == 1);
  connection.abort();
  loop.poll();
  cr_expect(alive == 0 && journal == "data:line close ");
}

Test(connection, opens_for_the_new_handler_if_the_handshake_is_not_done) {
  bool may_open = false;
  Hooks hooks;
  hooks.open = [&may_open] { return may_open ? IoResult::done() : IoResult::want_read(); };
  ConnectionOptions options;
  options.transport = hooked(hooks);
  Handler first;
  Handler later;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  Connection& connection = adopt(loop, pair, first, options);
  cr_assert(connection.state() == State::opening);
  connection.set_protocol(later);
  turn_a_while(loop, 3);
  cr_expect(later.journal.empty());
  may_open = true;
  Peer peer(std::move(pair.peers));
  peer.send("hello");
  turn_until(loop, [&] { return later.input == "hello"; });
  cr_expect(later.journal == "open data" && first.journal.empty(), "%s", later.journal.c_str());
}

Test(connection, gives_a_new_handler_nothing_while_it_is_paused) {
  Handler none;
  Handler later;
  none.data = [](Connection& connection, std::string_view) {
    connection.pause();
    return std::size_t{0};
  };
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  Connection& connection = adopt(loop, pair, none);
  Peer peer(std::move(pair.peers));
  peer.send("line");
  turn_until(loop, [&] { return connection.paused(); });
  connection.set_protocol(later);
  peer.send(" and more");
  turn_a_while(loop, 3);
  cr_expect(later.journal.empty());
  connection.resume();
  turn_until(loop, [&] { return later.input == "line and more"; });
}

Test(connection, destroys_a_replaced_handler_also_with_its_loop) {
  int alive = 0;
  std::string journal;
  Handler handler;
  {
    Loop loop(backend_options());
    Pair pair = unix_pair();
    Connection& connection =
        Connection::adopt(loop, std::move(pair.ours), std::make_unique<Counted>(alive, journal));
    connection.set_protocol(handler);
    cr_expect(alive == 1);
  }
  cr_expect(alive == 0 && handler.closes == 1);
}

Test(connection, stays_open_in_a_drain_while_it_is_held) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  Connection& connection = adopt(loop, pair, handler);
  Peer peer(std::move(pair.peers));
  connection.hold();
  connection.hold();
  bool drained = false;
  loop.drain(std::chrono::seconds(20), [&] { drained = true; });
  turn_a_while(loop, 5);
  peer.send("another question");
  turn_until(loop, [&] { return handler.input == "another question"; });
  connection.unhold();
  turn_a_while(loop, 5);
  cr_expect(!drained && connection.state() == State::open);
  connection.send("the answer");
  connection.unhold();
  cr_expect(peer.receive_all(loop) == "the answer");
  peer.close();
  turn_until(loop, [&] { return drained; });
  cr_expect(!handler.last_reason);
}

Test(connection, closes_at_the_deadline_of_a_drain_even_if_it_is_held) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  Connection& connection = adopt(loop, pair, handler);
  connection.hold();
  handler.close = [](Connection& closed, std::error_code) {
    closed.hold();  // neither has an effect any more
    closed.unhold();
    closed.unhold();
  };
  bool drained = false;
  loop.drain(std::chrono::milliseconds(20), [&] { drained = true; });
  turn_until(loop, [&] { return drained; });
  cr_expect(handler.last_reason == CloseReason::drain_deadline);
}

Test(connection, gives_its_descriptor_for_options_of_the_socket) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  const int descriptor = pair.ours.get();
  Connection& connection = adopt(loop, pair, handler);
  cr_expect(connection.native_handle() == descriptor);
  const int on = 1;
  cr_expect(::setsockopt(connection.native_handle(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) ==
            0);
  connection.abort();
  cr_expect(connection.native_handle() == -1);
}
