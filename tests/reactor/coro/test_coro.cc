// Conversations as coroutines, over TCP and with a DNS server on loopback.
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/connects.h"
#include "support/coroutines.h"
#include "support/dns_server.h"
#include "support/heap.h"
#include "support/streams.h"
#include <sluice/coro.h>

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TestSuite(coro, .timeout = 60);

namespace {

// A connection that a conversation serves, and the client at its other end.
struct World {
  explicit World(co::ConversationOf conversation, const ConnectionOptions& options = {}) {
    loop.set_reporter([this](const Report& report) { reports.push_back(report.what); });
    Pair pair = tcp_pair();
    const ProtocolFactory factory = co::serve(std::move(conversation));
    id = Connection::adopt(loop, std::move(pair.ours), factory(Address()), options).id();
    client.emplace(std::move(pair.peers));
  }
  [[nodiscard]] bool is_gone() { return Connection::find(loop, id) == nullptr; }
  void wait_until_gone() {
    turn_until(loop, [this] { return is_gone(); });
  }

  std::vector<std::string> reports;
  Loop loop{backend_options()};
  ConnectionId id;
  std::optional<Peer> client;
};

co::Conversation echo(co::Peer peer) {
  while (const auto in = co_await peer.read()) co_await peer.write(in.bytes);
}

// Notes that a frame is destroyed.
struct Mark {
  explicit Mark(bool& where) : gone(where) {}
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;
  ~Mark() { gone = true; }
  bool& gone;
};

}  // namespace

COROUTINE_TEST(coro, serves_a_connection_until_the_end_of_the_peer) {
  World world(echo);
  for (int i = 0; i < 3; ++i) {
    world.client->send("hello");
    cr_expect(world.client->receive(world.loop, 5) == "hello");
  }
  world.client->send("last");
  world.client->end();
  cr_expect(world.client->receive_all(world.loop) == "last");
  cr_expect(world.client->error() == 0);
  world.wait_until_gone();
  cr_expect(world.loop.counters().closed_by(CloseReason::peer_closed) == 1);
  cr_expect(world.reports.empty());
}

COROUTINE_TEST(coro, serves_the_connections_of_a_listener_also_after_that_is_gone) {
  Loop loop(backend_options());
  std::optional<Listener> listener;
  listener.emplace(loop, Endpoint::from("tcp://127.0.0.1:0"), co::serve(echo));
  Peer first(listener->endpoint().address());
  Peer second(listener->endpoint().address());
  turn_until(loop, [&] { return loop.counters().connections_open == 2; });
  first.send("one");
  second.send("two");
  cr_expect(second.receive(loop, 3) == "two");
  cr_expect(first.receive(loop, 3) == "one");
}

COROUTINE_TEST(coro, reads_exactly_as_much_as_it_wants_however_it_arrives) {
  std::vector<std::string> messages;
  World world([&messages](co::Peer peer) -> co::Conversation {
    for (;;) {
      const auto head = co_await peer.read_exactly(1);
      if (!head) co_return;
      const auto size = static_cast<std::size_t>(head.bytes[0]);
      const auto body = co_await peer.read_exactly(size);
      if (!body) co_return;
      messages.emplace_back(body.text());
    }
  });
  world.client->send("\1a\2bc\3d");
  turn_until(world.loop, [&] { return messages.size() == 2; });
  world.client->send("e");
  turn_a_while(world.loop, 3);
  world.client->send("f\1g\6unfin");
  turn_until(world.loop, [&] { return messages.size() == 4; });
  world.client->end();
  world.wait_until_gone();
  cr_expect(messages == std::vector<std::string>({"a", "bc", "def", "g"}));
}

COROUTINE_TEST(coro, waits_while_too_much_is_queued) {
  constexpr std::size_t kBlock = 50'000;
  constexpr std::size_t kBlocks = 400;
  std::size_t written = 0;
  ConnectionOptions options;
  options.high_water = 100'000;
  World world(
      [&written](co::Peer peer) -> co::Conversation {
        const std::string block(kBlock, 'b');
        while (written < kBlocks) {
          if (!co_await peer.write(block)) co_return;
          ++written;
        }
      },
      options);
  turn_a_while(world.loop);
  cr_expect(written < kBlocks);
  cr_expect(Connection::find(world.loop, world.id)->queued() <= 150'000);
  const std::size_t received = world.client->receive_all(world.loop).size();
  cr_expect(received == kBlock * kBlocks, "%zu, written %zu: %s", received, written,
            world.reports.empty() ? "" : world.reports[0].c_str());
}

COROUTINE_TEST(coro, goes_on_after_the_deadline_of_a_write) {
  const std::string block(300'000, 'b');
  std::string journal;
  ConnectionOptions options;
  options.high_water = 100'000;
  World world(
      [&](co::Peer peer) -> co::Conversation {
        if (co_await peer.write("at once", 10s)) journal += "written ";
        while (co_await peer.write(block, 10ms)) journal += ".";
        journal += peer.is_open() ? " late " : " closed ";
        if (co_await peer.write("", 1h)) journal += "in time";
      },
      options);
  turn_until(world.loop, [&] { return journal.find("late") != std::string::npos; });
  cr_expect(journal.starts_with("written"), "%s", journal.c_str());
  const std::string all = world.client->receive_all(world.loop);
  cr_expect(journal.ends_with(" late in time"), "%s", journal.c_str());
  cr_expect((all.size() - 7) % block.size() == 0, "nothing is lost: %zu", all.size());
}

COROUTINE_TEST(coro, sees_the_end_of_its_connection_in_a_write_with_a_deadline) {
  std::string journal;
  ConnectionOptions options;
  options.high_water = 100'000;
  World world(
      [&](co::Peer peer) -> co::Conversation {
        while (co_await peer.write(std::string(300'000, 'b'), 1h)) journal = "writes";
        journal += peer.is_open() ? " late" : " closed";
      },
      options);
  turn_a_while(world.loop);
  world.client->reset();
  world.wait_until_gone();
  cr_expect(journal.ends_with(" closed"), "%s", journal.c_str());
}

COROUTINE_TEST(coro, leaves_what_arrives_unread_while_it_does_something_else) {
  std::string journal;
  World world([&](co::Peer peer) -> co::Conversation {
    journal += "sleeps ";
    co_await co::sleep(peer.connection().loop(), 30ms);
    journal += "reads:";
    journal += (co_await peer.read_exactly(2)).text();
    co_await co::sleep(peer.connection().loop(), 1ms);
    journal += ":";
    journal += (co_await peer.read()).text();
  });
  cr_expect(journal == "sleeps ");
  cr_expect(Connection::find(world.loop, world.id)->paused());
  world.client->send("early");
  world.client->receive_all(world.loop);
  cr_expect(journal == "sleeps reads:ea:rly", "%s", journal.c_str());
}

COROUTINE_TEST(coro, goes_on_after_the_deadline_of_a_read) {
  std::string journal;
  World world([&](co::Peer peer) -> co::Conversation {
    const auto late = co_await peer.read_exactly(4, 20ms);
    if (late.error == std::errc::timed_out) journal += "late ";
    journal += (co_await peer.read(10s)).text();
    co_await peer.write("done");
  });
  world.client->send("abc");
  cr_expect(world.client->receive_all(world.loop) == "done");
  cr_expect(journal == "late abc", "%s", journal.c_str());
}

COROUTINE_TEST(coro, sees_why_its_connection_has_closed) {
  std::error_code reason;
  bool is_open = true;
  World world([&](co::Peer peer) -> co::Conversation {
    const auto in = co_await peer.read();
    cr_expect(!in);
    reason = in.error;
    is_open = peer.is_open();
    cr_expect(!co_await peer.write("to nobody"));
    cr_expect(!co_await peer.read());
  });
  world.client->reset();
  world.wait_until_gone();
  cr_expect(reason == std::error_code(ECONNRESET, std::generic_category()));
  cr_expect(!is_open);
}

COROUTINE_TEST(coro,
               is_cancelled_when_its_connection_has_closed_while_it_waits_for_something_else) {
  bool gone = false;
  bool woken = false;
  World world([&](co::Peer peer) -> co::Conversation {
    const Mark mark(gone);
    co_await co::sleep(peer.connection().loop(), 1h);
    woken = true;
  });
  Connection::find(world.loop, world.id)->abort();
  world.wait_until_gone();
  cr_expect(gone && !woken);
}

COROUTINE_TEST(coro, is_cancelled_with_the_loop) {
  bool gone = false;
  {
    const World world([&](co::Peer peer) -> co::Conversation {
      const Mark mark(gone);
      co_await co::sleep(peer.connection().loop(), 1h);
    });
    cr_expect(!gone);
  }
  cr_expect(gone);
}

COROUTINE_TEST(coro, ends_with_an_exception_which_is_reported) {
  for (const bool later : {false, true}) {
    World world([later](co::Peer peer) -> co::Conversation {
      co_await peer.read();
      if (later) co_await co::sleep(peer.connection().loop(), 1ms);
      throw std::runtime_error("no such thing");
    });
    world.client->send("x");
    world.client->receive_all(world.loop);
    world.wait_until_gone();
    cr_assert(world.reports.size() == 1);
    cr_expect(world.reports[0].find("no such thing") != std::string::npos);
    cr_expect(world.client->error() == ECONNRESET);
  }
}

COROUTINE_TEST(coro, throws_from_start_what_is_thrown_before_it_waits) {
  const auto fails = []() -> co::Conversation {
    throw std::runtime_error("at once");
    co_return;
  };
  co::Conversation conversation = fails();
  bool thrown = false;
  try {
    conversation.start();
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  cr_expect(thrown && conversation.done());
}

COROUTINE_TEST(coro, connects_and_talks_as_a_client) {
  Loop loop(backend_options());
  const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), co::serve(echo));
  std::string answer;
  const auto client = [&](std::string target) -> co::Conversation {
    auto server = co_await co::connect(loop, target);
    cr_assert(static_cast<bool>(server), "%s", server.error.message().c_str());
    co::Peer peer = std::move(server.peer);
    for (int i = 0; i < 100; ++i) {
      co_await peer.write("ping");
      answer = (co_await peer.read_exactly(4)).text();
    }
    answer += " 100";
  };
  co::Conversation conversation = client(listener.endpoint().to_string());
  conversation.start();
  cr_expect(!conversation.done());
  turn_until(loop, [&] { return conversation.done(); });
  cr_expect(answer == "ping 100");
  conversation.reset();
  turn_until(loop, [&] { return loop.counters().connections_open == 0; });
}

COROUTINE_TEST(coro, stops_the_deadline_of_a_write_whose_connection_closes) {
  Loop loop(backend_options());
  Handler resets;
  resets.data = [](Connection& connection, std::string_view in) {
    connection.abort();
    return in.size();
  };
  const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), resets);
  bool is_open = true;
  const auto client = [&]() -> co::Conversation {
    auto server = co_await co::connect(loop, listener.endpoint().to_string());
    const std::string block(8'000'000, 'b');        // more than the sockets hold
    auto writing = server.peer.write(block, 20ms);  // lives on, as in a larger expression
    cr_expect(!co_await writing);
    co_await co::sleep(loop, 40ms);
    is_open = server.peer.is_open();
  };
  co::Conversation conversation = client();
  conversation.start();
  turn_until(loop, [&] { return conversation.done(); });
  cr_expect(!is_open);
}

COROUTINE_TEST(coro, reports_why_it_cannot_connect) {
  Loop loop(backend_options());
  const Refusing refusing;
  std::string message;
  const auto client = [&]() -> co::Conversation {
    const auto server =
        co_await co::connect(loop, "tcp://127.0.0.1:" + std::to_string(refusing.address().port()));
    cr_expect(!server);
    message = server.error.message();
  };
  co::Conversation conversation = client();
  conversation.start();
  turn_until(loop, [&] { return conversation.done(); });
  cr_expect(message.ends_with("Connection refused"), "%s", message.c_str());
}

COROUTINE_TEST(coro, is_cancelled_by_destroying_it_whatever_it_waits_for) {
  Loop loop(backend_options());
  DnsServer names(loop);
  names.treat("silent.example", Manner::silent);
  Resolver resolver(loop, {.servers = {names.address()}});
  const Listening listening;
  const std::string target = "tcp://127.0.0.1:" + std::to_string(listening.address().port());
  bool gone[4] = {};
  const auto waits = [&](int what) -> co::Conversation {
    const Mark mark(gone[what]);
    if (what == 0) co_await co::sleep(loop, 1h);
    if (what == 1) co_await co::resolve(resolver, "silent.example", 7);
    const auto server = co_await co::connect(loop, target);
    co::Peer peer;
    if (what == 3) co_await co::sleep(loop, 1h);
    cr_assert_fail("it must not get here");
  };
  for (int i = 0; i < 4; ++i) {
    co::Conversation conversation = waits(i);
    conversation.start();
    if (i == 3) turn_until(loop, [&] { return loop.counters().connections_open == 1; });
    conversation.reset();
    cr_expect(gone[i], "%d", i);
  }
  cr_expect(resolver.pending() == 0);
  turn_until(loop, [&] { return static_cast<bool>(listening.accept()); });
}

COROUTINE_TEST(coro, looks_names_up) {
  Loop loop(backend_options());
  DnsServer names(loop);
  names.a("service.example", "192.0.2.1");
  Resolver resolver(loop, {.servers = {names.address()}});
  std::string found;
  std::error_code error;
  const auto asks = [&]() -> co::Conversation {
    const auto good = co_await co::resolve(resolver, "service.example", 7);
    found = good.addresses.at(0).to_string();
    error = (co_await co::resolve(resolver, "nobody.example", 7)).error;
  };
  co::Conversation conversation = asks();
  conversation.start();
  turn_until(loop, [&] { return conversation.done(); });
  cr_expect(found == "192.0.2.1:7");
  cr_expect(error == ResolverError::not_found);
}

COROUTINE_TEST(coro, allocates_nothing_each_time_that_it_waits) {
  World world([](co::Peer peer) -> co::Conversation {
    while (const auto in = co_await peer.read(10s)) co_await peer.write(in.bytes);
  });
  const auto exchange = [&world] {
    world.client->send("x");
    char byte = 0;
    while (::recv(world.client->fd(), &byte, 1, MSG_DONTWAIT) != 1) world.loop.poll();
  };
  for (int i = 0; i < 10; ++i) exchange();
  const std::size_t before = heap::allocations();
  for (int i = 0; i < 1000; ++i) exchange();
  cr_expect(heap::allocations() - before < 20, "%zu", heap::allocations() - before);
}
