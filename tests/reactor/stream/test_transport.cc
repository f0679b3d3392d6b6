// How a connection uses its transport, step by step, on an in-memory wire and virtual time.
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>

#include <criterion/criterion.h>

#include "support/hooked_transport.h"
#include "support/streams.h"
#include <sluice/memory_peer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

ConnectionOptions with(Hooks& hooks) {
  ConnectionOptions options;
  options.transport = hooked(hooks);
  return options;
}

// A result for the first `times` calls.
std::function<std::optional<IoResult>()> first(int times, IoResult answer) {
  return [times, answer]() mutable -> std::optional<IoResult> {
    if (times == 0) return std::nullopt;
    --times;
    return answer;
  };
}

std::function<std::optional<IoResult>()> always(IoResult answer) { return first(-1, answer); }

std::size_t echo(Connection& connection, std::string_view in) {
  connection.send(in);
  return in.size();
}

}  // namespace

Test(transport, is_opened_before_the_handler_is) {
  Hooks hooks;
  hooks.open = first(2, IoResult::want_read());
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  cr_expect(peer.connection().state() == Connection::State::opening);
  cr_expect(!peer.connection().opened() && handler.journal.empty());
  cr_expect(hooks.opens == 1, "it waits for the wire: %d", hooks.opens);
  peer.send("a");
  cr_expect(peer.connection().state() == Connection::State::open);
  cr_expect(hooks.opens == 3 && handler.journal == "open data", "%d: %s", hooks.opens,
            handler.journal.c_str());
  cr_expect(handler.input == "a", "the handler gets the bytes that it left");
}

Test(transport, opens_also_if_it_has_to_write) {
  Hooks hooks;
  hooks.open = first(1, IoResult::want_write());
  Handler handler;
  MemoryPeer peer(handler, with(hooks), Address::loopback(AF_INET, 1), 0);
  cr_expect(hooks.opens == 1 && handler.journal.empty());
  peer.send("not what it waits for");
  cr_expect(hooks.opens == 1);
  peer.set_window(1);
  cr_expect(hooks.opens == 2 && handler.journal == "open data", "%s", handler.journal.c_str());
}

Test(transport, is_null_for_a_handler_on_a_plain_socket) {
  Hooks hooks;
  Handler handler;
  Loop loop;
  Pair plain = unix_pair();
  cr_expect(Connection::adopt(loop, std::move(plain.ours), handler).transport() == nullptr);
  Pair pair = unix_pair();
  Connection& connection = Connection::adopt(loop, std::move(pair.ours), handler, with(hooks));
  cr_expect(dynamic_cast<HookedTransport*>(connection.transport()) != nullptr);
}

Test(transport, lets_a_handler_send_before_it_is_open_and_keeps_the_order) {
  Hooks hooks;
  hooks.open = first(1, IoResult::want_read());
  Handler handler;
  handler.open = [](Connection& connection) { connection.send(" second"); };
  MemoryPeer peer(handler, with(hooks));
  peer.connection().send("first");
  peer.settle();
  cr_expect(peer.received().empty() && hooks.writes == 0 && peer.connection().queued() == 5);
  peer.send("!");
  cr_expect(peer.received() == "first second");
}

Test(transport, reports_on_writable_only_after_on_open) {
  Hooks hooks;
  hooks.open = first(1, IoResult::want_read());
  ConnectionOptions options = with(hooks);
  options.high_water = 10;
  Handler handler;
  MemoryPeer peer(handler, options);
  peer.connection().send("more than ten bytes");
  peer.settle();
  cr_expect(handler.journal.empty());
  peer.send("!");
  cr_expect(handler.journal == "open drain data", "%s", handler.journal.c_str());
}

Test(transport, half_closes_after_the_handshake_if_requested_before) {
  Hooks hooks;
  hooks.open = first(1, IoResult::want_read());
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  peer.connection().send("all");
  peer.connection().shutdown();
  peer.connection().send("too late");
  peer.settle();
  cr_expect(!peer.saw_end());
  peer.send("!");
  cr_expect(peer.received() == "all" && peer.saw_end());
  cr_expect(handler.journal == "open data", "%s", handler.journal.c_str());
}

Test(transport, may_be_paused_while_it_opens) {
  Hooks hooks;
  hooks.open = first(1, IoResult::want_read());
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  peer.connection().pause();
  peer.send("!");
  cr_expect(handler.journal == "open", "%s", handler.journal.c_str());
  peer.connection().resume();
  peer.settle();
  cr_expect(handler.journal == "open data", "%s", handler.journal.c_str());
}

Test(transport, closed_while_it_opens_gets_one_on_close_and_no_on_open) {
  struct Case {
    std::string sent;
    bool abort;
    CloseReason reason;
    bool reset;
  };
  for (const Case& c : {Case{"", false, CloseReason::closed, false},
                        Case{"dropped", false, CloseReason::aborted, true},
                        Case{"", true, CloseReason::aborted, true}}) {
    Hooks hooks;
    hooks.open = always(IoResult::want_read());
    Handler handler;
    bool opened = true;
    handler.close = [&](Connection& connection, std::error_code) { opened = connection.opened(); };
    MemoryPeer peer(handler, with(hooks));
    peer.connection().send(c.sent);
    c.abort ? peer.connection().abort() : peer.connection().close();
    peer.settle();
    cr_expect(peer.closed() && peer.close_reason() == c.reason, "%s", handler.journal.c_str());
    cr_expect(handler.closes == 1 && handler.journal.starts_with("close:") && !opened);
    cr_expect(peer.saw_reset() == c.reset && hooks.shutdowns == 0);
    cr_expect(hooks.destroyed == 1);
  }
}

Test(transport, that_cannot_open_closes_the_connection_with_its_own_error) {
  for (const std::error_code error :
       {TestCategory::code(), std::error_code(ECONNRESET, std::generic_category())}) {
    Hooks hooks;
    hooks.open = always(IoResult::failed(error));
    Handler handler;
    MemoryPeer peer(handler, with(hooks));
    cr_expect(peer.close_reason() == CloseReason::open_failed);
    cr_expect(handler.closes == 1 && handler.last_reason == error, "%s", handler.journal.c_str());
    cr_expect(peer.loop().counters().closed_by(CloseReason::open_failed) == 1);
  }
}

Test(transport, whose_peer_closes_in_the_handshake_has_no_other_error) {
  Hooks hooks;
  hooks.open = always(IoResult::end());
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  cr_expect(peer.close_reason() == CloseReason::open_failed);
  cr_expect(handler.last_reason == CloseReason::open_failed);
}

Test(transport, has_a_deadline_for_opening_and_no_other_timeout_until_then) {
  Hooks hooks;
  hooks.open = always(IoResult::want_read());
  ConnectionOptions options = with(hooks);
  options.open_timeout = seconds(3);
  options.idle_timeout = seconds(1);
  Handler handler;
  MemoryPeer peer(handler, options);
  peer.advance(milliseconds(1'999));
  cr_expect(!peer.closed());
  peer.advance(milliseconds(1'001));
  cr_expect(peer.close_reason() == CloseReason::open_timeout);
  cr_expect(handler.journal == "close:open timeout", "%s", handler.journal.c_str());
}

Test(transport, has_no_deadline_once_it_is_open) {
  Hooks hooks;
  hooks.open = first(1, IoResult::want_read());
  for (const bool idle : {false, true}) {
    ConnectionOptions options = with(hooks);
    options.open_timeout = seconds(1);
    if (idle) options.idle_timeout = seconds(9);
    Handler handler;
    MemoryPeer peer(handler, options);
    peer.send("!");
    peer.advance(seconds(8));
    cr_expect(!peer.closed());
    peer.advance(seconds(8));
    cr_expect(peer.closed() == idle && (!idle || peer.close_reason() == CloseReason::idle_timeout));
  }
}

Test(transport, gives_up_a_handshake_when_the_loop_drains) {
  Hooks hooks;
  hooks.open = always(IoResult::want_read());
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  bool done = false;
  peer.loop().drain(seconds(5), [&] { done = true; });
  peer.settle();
  cr_expect(done && peer.close_reason() == CloseReason::closed && handler.closes == 1);
}

Test(transport, delivers_input_that_had_arrived_before_a_drain) {
  Hooks hooks;
  Handler handler;
  handler.data = echo;
  MemoryPeer peer(handler, with(hooks));
  hooks.held = "held back";
  peer.loop().drain(seconds(5), [] {});
  peer.settle();
  cr_expect(peer.received() == "held back" && peer.saw_end());
}

Test(transport, that_fails_later_closes_with_its_own_error) {
  for (const bool reading : {true, false}) {
    Hooks hooks;
    Handler handler;
    MemoryPeer peer(handler, with(hooks));
    (reading ? hooks.read : hooks.write) = always(IoResult::failed(TestCategory::code()));
    reading ? peer.send("!") : peer.connection().send("!");
    peer.settle();
    cr_expect(peer.close_reason() == CloseReason::transport_error);
    cr_expect(handler.last_reason == TestCategory::code(), "%s", handler.journal.c_str());
  }
}

Test(transport, that_returns_an_errno_fails_as_a_plain_socket_does) {
  for (const auto& [error, reason] : {std::pair{ETIMEDOUT, CloseReason::system_error},
                                      std::pair{ECONNRESET, CloseReason::peer_reset},
                                      std::pair{EPIPE, CloseReason::peer_reset}}) {
    Hooks hooks;
    Handler handler;
    MemoryPeer peer(handler, with(hooks));
    peer.reset(error);
    cr_expect(peer.close_reason() == reason);
    cr_expect(handler.last_reason == std::error_code(error, std::generic_category()));
  }
}

Test(transport, that_throws_closes_its_connection_and_is_reported) {
  Hooks hooks;
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  hooks.read = []() -> std::optional<IoResult> { throw std::runtime_error("no"); };
  peer.send("!");
  cr_expect(peer.close_reason() == CloseReason::system_error && handler.closes == 1);
  cr_expect(peer.reports().size() == 1);
}

Test(transport, is_read_again_for_bytes_without_an_event) {
  Hooks hooks;
  ConnectionOptions options = with(hooks);
  options.max_read = 3;
  Handler handler;
  MemoryPeer peer(handler, options);
  hooks.held = std::string(1'000, 'x');
  peer.connection().send("a turn");  // nothing arrives on the wire
  peer.settle();
  cr_expect(handler.input.size() == 1'000 && hooks.held.empty());
}

Test(transport, is_read_again_for_an_end_without_an_event) {
  Hooks hooks;
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  hooks.read = [&]() -> std::optional<IoResult> {
    if (!hooks.end_is_known) hooks.held = "last words";
    hooks.end_is_known = true;  // it arrived together with the bytes
    return std::nullopt;
  };
  peer.send("!");
  cr_expect(handler.journal == "open data eof close:closed in order", "%s",
            handler.journal.c_str());
}

Test(transport, keeps_pending_bytes_while_the_connection_is_paused) {
  Hooks hooks;
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  peer.connection().pause();
  hooks.held = "held";
  peer.connection().send("a turn");
  peer.settle();
  cr_expect(handler.input.empty());
  peer.connection().resume();
  peer.settle();
  cr_expect(handler.input == "held");
}

Test(transport, delivers_unconsumed_input_before_pending_bytes) {
  Hooks hooks;
  Handler handler;
  handler.data = [](Connection& connection, std::string_view in) {
    if (in != "left") return in.size();
    connection.pause();
    return std::size_t{0};
  };
  MemoryPeer peer(handler, with(hooks));
  peer.send("left");
  hooks.held = " held";
  handler.data = nullptr;
  peer.connection().resume();
  peer.settle();
  cr_expect(handler.input == "left held", "%s", handler.input.c_str());
}

Test(transport, reads_pending_bytes_when_backpressure_ends) {
  Hooks hooks;
  ConnectionOptions options = with(hooks);
  options.high_water = 10;
  Handler handler;
  MemoryPeer peer(handler, options, Address::loopback(AF_INET, 1), 0);
  peer.connection().send("more than ten bytes");
  hooks.held = "held";
  peer.settle();
  cr_expect(handler.input.empty());
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(handler.input == "held" && handler.journal == "open drain data", "%s",
            handler.journal.c_str());
}

Test(transport, may_read_only_when_the_wire_is_writable) {
  Hooks hooks;
  Handler handler;
  MemoryPeer peer(handler, with(hooks), Address::loopback(AF_INET, 1), 0);
  hooks.read = first(1, IoResult::want_write());
  hooks.held = "held ";
  peer.send("hello");
  cr_expect(hooks.reads == 1 && handler.input.empty(), "%d", hooks.reads);
  peer.send("more");
  cr_expect(hooks.reads == 1, "readable is not what it waits for");
  peer.set_window(1);
  cr_expect(handler.input == "held hellomore");
}

Test(transport, may_write_only_when_the_wire_is_readable_also_while_reading_is_paused) {
  Hooks hooks;
  hooks.write = first(1, IoResult::want_read());
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  peer.connection().pause();
  peer.connection().send("waits");
  peer.settle();
  cr_expect(hooks.writes == 1 && peer.received().empty());
  peer.send("!");
  cr_expect(peer.received() == "waits" && handler.input.empty() && peer.unread() == 1);
}

Test(transport, writes_again_after_a_read_of_the_bytes_that_the_write_waits_for) {
  Hooks hooks;
  bool answered = false;
  hooks.write = [&]() -> std::optional<IoResult> {
    if (answered) return std::nullopt;
    return IoResult::want_read();
  };
  hooks.read = [&]() -> std::optional<IoResult> {
    answered = true;
    return std::nullopt;
  };
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  peer.connection().send("waits");
  peer.settle();
  cr_expect(hooks.writes == 1);
  // The only event: the write finds nothing yet, and the read takes all bytes.
  peer.send("!");
  cr_expect(peer.received() == "waits" && handler.input == "!");
}

Test(transport, reads_bytes_that_a_write_took_from_the_wire) {
  Hooks hooks;
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  auto& transport = dynamic_cast<HookedTransport&>(*peer.connection().transport());
  peer.connection().pause();
  int asked = 0;
  hooks.write = [&]() -> std::optional<IoResult> {
    if (asked++ == 0) return IoResult::want_read();
    transport.take_from_wire();
    return std::nullopt;
  };
  peer.connection().send("waits");
  peer.settle();
  peer.send("taken");
  cr_expect(peer.received() == "waits" && peer.unread() == 0 && handler.input.empty());
  peer.connection().resume();
  peer.settle();
  cr_expect(handler.input == "taken");
}

Test(transport, may_end_later) {
  for (const IoResult again : {IoResult::want_write(), IoResult::want_read()}) {
    Hooks hooks;
    hooks.shutdown_write = first(3, again);
    Handler handler;
    MemoryPeer peer(handler, with(hooks), Address::loopback(AF_INET, 1), 0);
    peer.connection().close();
    peer.settle();
    cr_expect(!peer.closed() && !peer.saw_end());
    peer.set_window(MemoryPeer::kUnlimited);
    for (int i = 0; i < 3; ++i) peer.send("dropped");
    cr_expect(peer.saw_end() && hooks.shutdowns == 4, "%d", hooks.shutdowns);
    cr_expect(!peer.closed(), "it waits for the peer's end");
    peer.end();
    cr_expect(peer.closed() && !handler.last_reason && handler.input.empty());
  }
}

Test(transport, that_cannot_end_is_closed_after_the_linger_timeout) {
  for (const bool lingers : {true, false}) {
    Hooks hooks;
    hooks.shutdown_write = always(IoResult::want_write());
    ConnectionOptions options = with(hooks);
    options.linger_timeout = seconds(lingers ? 2 : 0);
    Handler handler;
    MemoryPeer peer(handler, options, Address::loopback(AF_INET, 1), 0);
    peer.connection().close();
    peer.settle();
    cr_expect(peer.closed() == !lingers);
    peer.advance(seconds(2));
    cr_expect(peer.close_reason() == CloseReason::closed && handler.closes == 1);
  }
}

Test(transport, that_cannot_half_close_is_aborted_after_the_write_timeout) {
  Hooks hooks;
  hooks.shutdown_write = always(IoResult::want_write());
  ConnectionOptions options = with(hooks);
  options.write_timeout = seconds(5);
  Handler handler;
  MemoryPeer peer(handler, options, Address::loopback(AF_INET, 1), 0);
  peer.connection().shutdown();
  peer.settle();
  peer.advance(seconds(4));
  peer.send("this is read, and does not help");
  cr_expect(!peer.closed() && handler.journal == "open data", "%s", handler.journal.c_str());
  peer.advance(seconds(1));
  cr_expect(peer.close_reason() == CloseReason::write_timeout, "%s", handler.journal.c_str());
}

Test(transport, half_closes_late_and_continues_to_read) {
  Hooks hooks;
  hooks.shutdown_write = first(1, IoResult::want_write());
  Handler handler;
  MemoryPeer peer(handler, with(hooks), Address::loopback(AF_INET, 1), 0);
  peer.connection().shutdown();
  peer.settle();
  cr_expect(!peer.saw_end());
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(peer.saw_end() && hooks.shutdowns == 2);
  peer.send("still read");
  peer.advance(std::chrono::minutes(5));
  cr_expect(handler.input == "still read" && !peer.closed());
  peer.end();
  cr_expect(peer.close_reason() == CloseReason::peer_closed);
}

Test(transport, sends_its_end_also_to_a_peer_that_ended_first) {
  for (const bool fails : {false, true}) {
    Hooks hooks;
    if (fails) hooks.shutdown_write = always(IoResult::failed(EPIPE));
    Handler handler;
    handler.data = echo;
    MemoryPeer peer(handler, with(hooks));
    peer.send("last words");
    peer.end();
    cr_expect(hooks.shutdowns == 1 && peer.received() == "last words");
    cr_expect(peer.close_reason() == CloseReason::peer_closed, "%s", handler.journal.c_str());
  }
}

Test(transport, waits_for_its_own_end_when_the_peer_ends_while_it_lingers) {
  Hooks hooks;
  hooks.shutdown_write = first(1, IoResult::want_write());
  Handler handler;
  MemoryPeer peer(handler, with(hooks), Address::loopback(AF_INET, 1), 0);
  peer.connection().close();
  peer.settle();
  peer.end();
  cr_expect(!peer.closed() && !peer.saw_end());
  peer.set_window(MemoryPeer::kUnlimited);
  cr_expect(peer.saw_end() && peer.closed() && !handler.last_reason);
}

Test(transport, whose_end_fails_closes_the_connection_with_its_error) {
  Hooks hooks;
  hooks.shutdown_write = always(IoResult::failed(TestCategory::code()));
  Handler handler;
  MemoryPeer peer(handler, with(hooks));
  peer.connection().close();
  peer.settle();
  cr_expect(peer.close_reason() == CloseReason::transport_error);
  cr_expect(handler.last_reason == TestCategory::code());
}

Test(transport, may_return_a_better_address_than_that_of_the_socket) {
  const Address from = Address::loopback(AF_INET, 1);
  const Address behind = Address::loopback(AF_INET6, 2);
  Hooks hooks;
  Handler handler;
  MemoryPeer peer(handler, with(hooks), from);
  cr_expect(peer.connection().peer() == from);
  hooks.peer = behind;
  cr_expect(peer.connection().peer() == behind && peer.connection().socket_peer() == from);
  Address last;
  handler.close = [&](Connection& connection, std::error_code) { last = connection.peer(); };
  peer.connection().abort();
  peer.settle();
  cr_expect(last == behind, "also in on_close()");
}

Test(transport, is_destroyed_after_on_close) {
  Hooks hooks;
  Handler handler;
  int destroyed_before = -1;
  handler.close = [&](Connection&, std::error_code) { destroyed_before = hooks.destroyed; };
  MemoryPeer peer(handler, with(hooks));
  peer.connection().abort();
  peer.settle();
  cr_expect(destroyed_before == 0 && hooks.destroyed == 1);
}

Test(transport, refuses_the_newcomer_if_it_is_null) {
  Handler handler;
  ConnectionOptions options;
  options.transport = [](Wire, const Address&) { return std::unique_ptr<Transport>(); };
  int error = 0;
  try {
    const MemoryPeer peer(handler, options);
  } catch (const std::system_error& refused) {
    error = refused.code().value();
  }
  cr_expect(error == ECANCELED && handler.journal.empty());
}
