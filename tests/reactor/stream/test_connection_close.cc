// How a connection ends: in order, by abort(), or because its peer has disconnected.
#include <cerrno>
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include "support/text.h"

using namespace sluice;
using namespace sluice::test;

namespace {

using State = Connection::State;

Connection& adopt(Loop& loop, Pair& pair, Handler& handler, const ConnectionOptions& options = {}) {
  return Connection::adopt(loop, std::move(pair.ours), handler, options);
}

}  // namespace

Test(connection_close, sends_its_queue_before_it_closes) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  set_send_buffer(pair, 16'384);
  Connection& connection = adopt(loop, pair, handler);
  Peer peer(std::move(pair.peers));
  const std::string text = numbered(2'000'000);
  connection.send(text);
  connection.close();
  cr_expect(connection.state() == State::flushing);
  connection.send("too late");
  cr_expect(peer.receive(loop, text.size()) == text);
  turn_until(loop, [&] { return connection.state() == State::lingering; });
  cr_expect(peer.receive_all(loop).empty());
  cr_expect(peer.error() == 0);
  cr_expect(handler.closes == 0, "the peer has not ended yet");
  peer.close();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(!handler.last_reason);
  cr_expect(loop.counters().closed_by(CloseReason::closed) == 1);
  cr_expect(loop.counters().bytes_out == text.size());
}

// The purpose of linger_timeout: a close with unread input sends a reset, and a reset destroys the
// bytes that the peer has not read yet.
Test(connection_close, does_not_destroy_bytes_that_the_peer_has_not_read_yet) {
  constexpr std::size_t kAnswer = 200'000;
  for (const int linger : {2'000, 0}) {
    Handler handler;
    handler.data = [](Connection& connection, std::string_view in) {
      connection.send(numbered(kAnswer));
      connection.close();
      return in.size();
    };
    Loop loop(backend_options());
    Pair pair = tcp_pair();
    set_send_buffer(pair, 500'000);          // the kernel takes the whole answer
    set_peers_receive_buffer(pair, 20'000);  // but cannot deliver it all before the rest arrives
    ConnectionOptions options;
    options.linger_timeout = std::chrono::milliseconds(linger);
    adopt(loop, pair, handler, options);
    Peer peer(std::move(pair.peers));
    peer.send("a request ");
    turn_a_while(loop, 5);
    peer.offer("and more of it, which nobody reads");
    turn_a_while(loop);
    peer.offer("and more");
    turn_a_while(loop, 5);
    const std::string got = peer.receive_all(loop);
    if (linger == 0) {
      cr_expect(got.size() < kAnswer, "without it the test would prove nothing");
      continue;
    }
    cr_expect(got == numbered(kAnswer), "%zu bytes", got.size());
    cr_expect(peer.error() == 0, "errno %d", peer.error());
    cr_expect(handler.input == "a request ", "bytes after close() are not delivered");
    peer.close();
    turn_until(loop, [&] { return handler.closes == 1; });
    cr_expect(!handler.last_reason);
  }
}

Test(connection_close, drops_its_queue_and_resets_when_it_aborts) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  set_send_buffer(pair, 16'384);
  Connection& connection = adopt(loop, pair, handler);
  Peer peer(std::move(pair.peers));
  connection.send(numbered(1'000'000));
  connection.abort();
  cr_expect(connection.state() == State::closed);
  cr_expect(connection.queued() == 0);
  cr_expect(handler.closes == 0, "on_close() runs at the end of the turn");
  cr_expect(peer.receive_all(loop).empty());
  cr_expect(peer.error() == ECONNRESET);
  cr_expect(handler.last_reason == make_error_code(CloseReason::aborted));
}

Test(connection_close, ends_a_unix_socket_when_it_aborts) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  adopt(loop, pair, handler).abort();
  Peer peer(std::move(pair.peers));
  cr_expect(peer.receive_all(loop).empty());
  cr_expect(peer.error() == 0);
}

Test(connection_close, reports_a_reset_by_the_peer) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  adopt(loop, pair, handler);
  Peer(std::move(pair.peers)).reset();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(handler.journal == "open close:Connection reset by peer");
  cr_expect(handler.last_reason == std::errc::connection_reset);
  cr_expect(loop.counters().closed_by(CloseReason::peer_reset) == 1);
  cr_expect(loop.counters().closed_by(CloseReason::system_error) == 0);
}

Test(connection_close, survives_writing_to_a_peer_that_has_disconnected) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection& connection = adopt(loop, pair, handler);
  connection.pause();
  pair.peers.reset();
  connection.send("is anybody there?");
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(handler.last_reason == std::errc::broken_pipe);
  cr_expect(loop.counters().closed_by(CloseReason::peer_reset) == 1);
}

Test(connection_close, may_be_closed_in_any_way_and_repeatedly) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = unix_pair();
  Connection& connection = adopt(loop, pair, handler);
  connection.close();
  connection.close();
  connection.shutdown();
  connection.abort();
  connection.close();
  connection.abort();
  connection.pause();
  connection.resume();
  connection.send("nothing");
  turn_a_while(loop, 3);
  cr_expect(handler.journal == "open close:aborted");
  cr_expect(loop.counters().closed_by(CloseReason::aborted) == 1);
  cr_expect(loop.counters().bytes_out == 0);
}

Test(connection_close, reports_a_reset_while_it_flushes_and_while_it_lingers) {
  for (const bool lingers : {false, true}) {
    Handler handler;
    Loop loop(backend_options());
    Pair pair = tcp_pair();
    set_send_buffer(pair, 16'384);
    Connection& connection = adopt(loop, pair, handler);
    connection.send(numbered(lingers ? 10 : 5'000'000));
    connection.close();
    turn_a_while(loop, 5);
    cr_expect(connection.state() == (lingers ? State::lingering : State::flushing));
    Peer(std::move(pair.peers)).reset();
    turn_until(loop, [&] { return handler.closes == 1; });
    cr_expect(handler.last_reason == std::errc::connection_reset, "%s", handler.journal.c_str());
    cr_expect(loop.counters().closed_by(CloseReason::peer_reset) == 1);
  }
}

Test(connection_close, half_closes_after_its_queue_and_continues_to_read) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  set_send_buffer(pair, 16'384);
  ConnectionOptions options;
  options.high_water = 10'000'000;
  Connection& connection = adopt(loop, pair, handler, options);
  Peer peer(std::move(pair.peers));
  const std::string text = numbered(5'000'000);
  connection.send(text);
  connection.shutdown();
  peer.send("read meanwhile");
  turn_until(loop, [&] { return handler.input == "read meanwhile"; });
  cr_expect(connection.queued() > 0, "without it the test would prove nothing");
  cr_expect(peer.receive_all(loop) == text);
  cr_expect(connection.state() == State::open);
  peer.send(", and afterwards");
  peer.end();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(handler.input == "read meanwhile, and afterwards");
  cr_expect(!handler.last_reason);
}

Test(connection_close, closes_in_order_while_it_is_paused) {
  Handler handler;
  Loop loop(backend_options());
  Pair pair = tcp_pair();
  Connection& connection = adopt(loop, pair, handler);
  connection.pause();
  Peer peer(std::move(pair.peers));
  peer.send("not read, and no reason for a reset");
  turn_a_while(loop, 3);
  connection.send("the last word");
  connection.close();
  cr_expect(peer.receive_all(loop) == "the last word");
  cr_expect(peer.error() == 0);
  peer.end();
  turn_until(loop, [&] { return handler.closes == 1; });
  cr_expect(handler.journal == "open close:closed in order", "%s", handler.journal.c_str());
}
