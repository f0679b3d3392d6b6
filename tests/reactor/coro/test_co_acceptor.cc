// Accepting connections in a coroutine, over TCP and Unix sockets.
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/coroutines.h"
#include "support/hooked_transport.h"
#include "support/streams.h"
#include <sluice/coro.h>

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TestSuite(co_acceptor, .timeout = 60);

namespace {

struct World {
  explicit World(std::size_t queue = 16, const ListenerOptions& options = {}) {
    loop.set_reporter([this](const Report& report) { reports.push_back(report.what); });
    acceptor.emplace(loop, Endpoint::from("tcp://127.0.0.1:0"), options, queue);
  }
  [[nodiscard]] Address address() const { return acceptor->listener().endpoint().address(); }
  [[nodiscard]] std::uint64_t accepted() const { return acceptor->listener().counters().accepted; }
  void start(co::Conversation conversation) {
    conversations.push_back(std::move(conversation));
    conversations.back().start();
  }
  [[nodiscard]] bool all_done() const {
    for (const co::Conversation& each : conversations) {
      if (!each.done()) return false;
    }
    return true;
  }

  std::vector<std::string> reports;
  Loop loop{backend_options()};
  std::optional<co::Acceptor> acceptor;
  std::vector<co::Conversation> conversations;
};

// Greets each client with its own name, and notes the error that ends it.
co::Conversation greeter(co::Acceptor& acceptor, std::string name, std::error_code& error) {
  for (;;) {
    auto client = co_await acceptor.accept();
    error = client.error;
    if (!client) co_return;
    co_await client.peer.write(name);
  }
}

}  // namespace

COROUTINE_TEST(co_acceptor, accepts_one_connection_after_another) {
  World world;
  std::error_code error;
  world.start(greeter(*world.acceptor, "ann", error));
  for (int i = 0; i < 3; ++i) {
    Peer client(world.address());
    cr_expect(client.receive_all(world.loop) == "ann");
  }
  cr_expect(world.accepted() == 3);
  cr_expect(!error);
  turn_until(world.loop, [&] { return world.loop.counters().connections_open == 0; });
}

COROUTINE_TEST(co_acceptor, gives_each_newcomer_to_the_coroutine_that_has_waited_longest) {
  World world;
  std::vector<std::string> order;
  const auto once = [&](std::string name) -> co::Conversation {
    auto client = co_await world.acceptor->accept();
    if (client) order.push_back(name);
  };
  co::Conversation cancelled = once("nobody");
  cancelled.start();
  world.start(once("first"));
  world.start(once("second"));
  cancelled.reset();
  Peer one(world.address());
  turn_until(world.loop, [&] { return order.size() == 1; });
  Peer two(world.address());
  turn_until(world.loop, [&] { return order.size() == 2; });
  cr_expect(order == std::vector<std::string>({"first", "second"}));
}

COROUTINE_TEST(co_acceptor, leaves_newcomers_in_the_backlog_while_its_queue_is_full) {
  World world(2);
  std::vector<std::optional<Peer>> clients(5);
  for (auto& each : clients) each.emplace(world.address());
  turn_until(world.loop, [&] { return world.acceptor->queued() == 2; });
  turn_a_while(world.loop);
  cr_expect(world.accepted() == 2, "%zu", static_cast<std::size_t>(world.accepted()));
  std::error_code error;
  world.start(greeter(*world.acceptor, "bob", error));
  for (auto& each : clients) cr_expect(each->receive_all(world.loop) == "bob");
  cr_expect(world.accepted() == 5);
  cr_expect(world.acceptor->queued() == 0);
}

COROUTINE_TEST(co_acceptor, forgets_a_connection_that_closes_in_its_queue) {
  ListenerOptions options;
  options.connection.idle_timeout = 10ms;
  World world(1, options);
  Peer impatient(world.address());
  turn_until(world.loop, [&] { return world.acceptor->queued() == 1; });
  Peer next(world.address());
  turn_until(world.loop, [&] { return world.accepted() == 2; });
  cr_expect(impatient.receive_all(world.loop).empty());
}

COROUTINE_TEST(co_acceptor, shows_a_conversation_what_has_arrived_in_the_queue) {
  World world;
  Peer client(world.address());
  client.send("early");
  client.end();
  turn_until(world.loop, [&] { return world.acceptor->queued() == 1; });
  turn_a_while(world.loop);
  std::string text;
  const auto reads = [&]() -> co::Conversation {
    auto newcomer = co_await world.acceptor->accept(10s);
    text = (co_await newcomer.peer.read_exactly(5)).text();
    const auto end = co_await newcomer.peer.read();
    text += end.error ? " error" : " end";
  };
  world.start(reads());
  turn_until(world.loop, [&] { return world.all_done(); });
  cr_expect(text == "early end", "%s", text.c_str());
}

COROUTINE_TEST(co_acceptor, goes_on_after_a_deadline) {
  World world;
  std::string journal;
  const auto waits = [&]() -> co::Conversation {
    const auto nobody = co_await world.acceptor->accept(10ms);
    if (!nobody && nobody.error == std::errc::timed_out) journal += "late ";
    auto client = co_await world.acceptor->accept(1h);
    if (client) journal += "here";
  };
  world.start(waits());
  turn_until(world.loop, [&] { return !journal.empty(); });
  const Peer client(world.address());
  turn_until(world.loop, [&] { return world.all_done(); });
  cr_expect(journal == "late here", "%s", journal.c_str());
}

COROUTINE_TEST(co_acceptor, ends_all_waits_when_it_is_closed) {
  World world;
  std::error_code errors[3];
  for (std::error_code& error : errors) world.start(greeter(*world.acceptor, "x", error));
  world.acceptor->close();
  cr_expect(!world.all_done(), "they go on in a turn");
  turn_until(world.loop, [&] { return world.all_done(); });
  for (const std::error_code& error : errors) cr_expect(error == std::errc::operation_canceled);
  std::error_code later;
  world.start(greeter(*world.acceptor, "x", later));
  cr_expect(world.all_done() && later == std::errc::operation_canceled);
}

COROUTINE_TEST(co_acceptor, resets_what_is_in_its_queue_when_it_is_destroyed) {
  World world;
  Peer client(world.address());
  turn_until(world.loop, [&] { return world.acceptor->queued() == 1; });
  world.acceptor.reset();
  client.receive_all(world.loop);
  cr_expect(client.error() == ECONNRESET);
  turn_until(world.loop, [&] { return world.loop.counters().connections_open == 0; });
}

COROUTINE_TEST(co_acceptor, resets_what_finishes_its_handshake_after_it_is_gone) {
  for (const bool is_destroyed : {false, true}) {
    Hooks hooks;
    bool may_open = false;
    hooks.open = [&may_open]() -> std::optional<IoResult> {
      if (may_open) return std::nullopt;
      return IoResult::want_read();
    };
    ListenerOptions options;
    options.connection.transport = hooked(hooks);
    World world(16, options);
    Peer client(world.address());
    turn_until(world.loop, [&] { return hooks.opens > 0; });
    cr_expect(world.acceptor->queued() == 0);
    is_destroyed ? world.acceptor.reset() : world.acceptor->close();
    may_open = true;
    client.send("x");
    client.receive_all(world.loop);
    cr_expect(client.error() == ECONNRESET);
    turn_until(world.loop, [&] { return hooks.destroyed == hooks.made; });
  }
}

COROUTINE_TEST(co_acceptor, may_be_destroyed_by_the_coroutine_that_it_wakes) {
  Loop loop(backend_options());
  // It lives in the frame, which is done with the first client, or with the end.
  const auto once = [&loop](Address& where) -> co::Conversation {
    co::Acceptor acceptor(loop, Endpoint::from("tcp://127.0.0.1:0"));
    where = acceptor.listener().endpoint().address();
    auto client = co_await acceptor.accept();
    if (client) co_await client.peer.write("once");
  };
  Address where;
  co::Conversation served = once(where);
  served.start();
  Peer client(where);
  cr_expect(client.receive_all(loop) == "once");
  client.close();
  turn_until(loop, [&] { return served.done(); });
  co::Conversation drained = once(where);
  drained.start();
  bool is_over = false;
  loop.drain(1h, [&] { is_over = true; });
  turn_until(loop, [&] { return is_over; });
  cr_expect(drained.done());
}

COROUTINE_TEST(co_acceptor, hands_out_its_queue_in_a_drain_and_then_ends) {
  World world;
  Peer silent(world.address());
  Peer client(world.address());
  client.send("question");
  turn_until(world.loop, [&] { return world.acceptor->queued() == 2; });
  bool is_over = false;
  world.loop.drain(1h, [&] { is_over = true; });
  // The drain has closed it, and it waits for the end of its peer.
  cr_expect(silent.receive_all(world.loop).empty());
  cr_expect(!is_over);
  std::error_code error;
  world.start(greeter(*world.acceptor, "last", error));
  cr_expect(world.all_done() && error == std::errc::operation_canceled);
  cr_expect(client.receive_all(world.loop) == "last");
  client.close();
  silent.close();
  turn_until(world.loop, [&] { return is_over; });
}

COROUTINE_TEST(co_acceptor, ends_a_wait_when_the_drain_of_its_loop_begins) {
  World world;
  std::error_code error;
  world.start(greeter(*world.acceptor, "x", error));
  bool is_over = false;
  world.loop.drain(1h, [&] { is_over = true; });
  turn_until(world.loop, [&] { return is_over; });
  cr_expect(world.all_done() && error == std::errc::operation_canceled);
}

COROUTINE_TEST(co_acceptor, is_cancelled_with_a_conversation_of_the_loop) {
  bool listens = false;
  std::optional<Peer> client;
  Address where;
  {
    Loop loop(backend_options());
    Pair pair = tcp_pair();
    const ProtocolFactory factory = co::serve([&](co::Peer peer) -> co::Conversation {
      co::Acceptor acceptor(peer.connection().loop(), Endpoint::from("tcp://127.0.0.1:0"));
      where = acceptor.listener().endpoint().address();
      listens = true;
      co_await co::sleep(peer.connection().loop(), 1h);
      co_await acceptor.accept();
    });
    Connection::adopt(loop, std::move(pair.ours), factory(Address()));
    cr_assert(listens);
    client.emplace(where);
    turn_until(loop, [&] { return loop.counters().connections_open == 2; });
  }
  char byte = 0;
  cr_expect(::recv(client->fd(), &byte, 1, 0) <= 0);
}

COROUTINE_TEST(co_acceptor, reports_an_exception_of_the_coroutine_that_a_newcomer_wakes) {
  World world;
  const auto fails = [&]() -> co::Conversation {
    auto client = co_await world.acceptor->accept();
    throw std::runtime_error("no such thing");
  };
  world.start(fails());
  Peer client(world.address());
  client.receive_all(world.loop);
  turn_until(world.loop, [&] { return world.loop.counters().connections_open == 0; });
  cr_assert(world.reports.size() == 1);
  cr_expect(world.reports[0].find("no such thing") != std::string::npos);
}

COROUTINE_TEST(co_acceptor, throws_what_its_listener_throws) {
  World world;
  std::error_code error;
  try {
    const co::Acceptor second(world.loop, Endpoint(Scheme::tcp, world.address()));
  } catch (const std::system_error& failed) {
    error = failed.code();
  }
  cr_expect(error == std::errc::address_in_use, "%s", error.message().c_str());
}

COROUTINE_TEST(co_acceptor, accepts_on_a_descriptor_that_listens_already) {
  Loop loop(backend_options());
  Fd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address any = Address::loopback(AF_INET, 0);
  cr_assert(::bind(listening.get(), any.data(), any.size()) == 0);
  cr_assert(::listen(listening.get(), 1) == 0);
  const Address address = Address::local_of(listening.get());
  co::Acceptor acceptor(loop, std::move(listening));
  std::error_code error;
  co::Conversation conversation = greeter(acceptor, "inherited", error);
  conversation.start();
  Peer client(address);
  cr_expect(client.receive_all(loop) == "inherited");
  conversation.reset();
}
