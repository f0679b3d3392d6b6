// The functions of a connector: each runs at most once, and may do what the page allows.
#include <memory>
#include <stdexcept>

#include <criterion/criterion.h>
#include <ev.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/connects.h"
#include "support/dns_server.h"
#include "support/hooked_transport.h"
#include <sluice/resolver.h>

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TestSuite(connector_calls, .timeout = 30);

namespace {

void must_not_fail(const ConnectError& error) { cr_assert_fail("%s", error.message().c_str()); }

struct World {
  Handler handler;
  std::vector<Report> reports;
  Loop loop{backend_options()};
  Listening listening;
  World() {
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }
  ProtocolFactory factory() {
    return [this](const Address&) { return ProtocolRef(handler); };
  }
};

}  // namespace

Test(connector_calls, makes_a_connection_with_its_protocol) {
  World world;
  ConnectorOptions options;
  options.connection.high_water = 4711;
  Connector connector(world.loop, options);
  world.handler.open = [&](Connection& connection) {
    cr_expect(!connector.running());
    cr_expect(connection.peer() == world.listening.address());
    cr_expect(connection.options().high_water == 4711);
    connection.send("hello");
  };
  Address peer_of_factory;
  connector.start(
      {world.listening.address()},
      [&](const Address& peer) {
        peer_of_factory = peer;
        return ProtocolRef(world.handler);
      },
      must_not_fail);
  turn_until(world.loop, [&] { return world.handler.journal == "open"; });
  cr_expect(peer_of_factory == world.listening.address());
  Peer peer(world.listening.accept_soon());
  cr_expect(peer.receive(world.loop, 5) == "hello");
  peer.send("and you");
  turn_until(world.loop, [&] { return world.handler.input == "and you"; });
  peer.end();
  turn_until(world.loop, [&] { return world.handler.closes == 1; });
}

Test(connector_calls, cancelling_takes_effect_at_once_and_calls_nothing) {
  World world;
  Connector connector(world.loop);
  for (const int turns : {0, 1}) {
    connector.start({world.listening.address()}, world.factory(), must_not_fail);
    // The turn that begins the attempt does not yet see its result.
    for (int i = 0; i < turns; ++i) world.loop.poll();
    connector.cancel();
    cr_expect(!connector.running());
    turn_a_while(world.loop);
    if (turns == 0) cr_expect(!world.listening.accept());
    if (turns == 1) cr_expect(is_closed_by_peer(world.listening.accept_soon()));
  }
  cr_expect(world.handler.journal.empty());
  connector.cancel();  // does nothing
}

Test(connector_calls, destroying_cancels) {
  World world;
  const BlackHole silent;
  {
    Connector connector(world.loop);
    connector.start({silent.address()}, world.factory(), must_not_fail);
    world.loop.poll();
  }
  {
    Connector connector(world.loop);
    connector.start({world.listening.address()}, world.factory(), must_not_fail);
    world.loop.poll();
  }
  turn_a_while(world.loop);
  cr_expect(world.handler.journal.empty());
}

Test(connector_calls, starting_again_cancels_the_attempt_in_progress) {
  World world;
  const BlackHole silent;
  Connector connector(world.loop);
  connector.start({silent.address()}, world.factory(), must_not_fail);
  world.loop.poll();
  connector.start({world.listening.address()}, world.factory(), must_not_fail);
  turn_until(world.loop, [&] { return world.handler.journal == "open"; });
}

Test(connector_calls, every_function_may_destroy_it) {
  World world;
  const Refusing refusing;
  auto connector = std::make_unique<Connector>(world.loop);
  bool called = false;
  const auto gone = [&] {
    connector.reset();
    called = true;
  };
  const auto expect_gone = [&](const char* where) {
    turn_until(
        world.loop, [&] { return called; }, where);
    cr_expect(connector == nullptr);
    turn_a_while(world.loop, 3);
    called = false;
    connector = std::make_unique<Connector>(world.loop);
  };

  connector->start({refusing.address()}, world.factory(), [&](const ConnectError&) { gone(); });
  expect_gone("failed");
  connector->start_socket(
      {world.listening.address()}, [&](const Fd&) { gone(); }, must_not_fail);
  expect_gone("connected");
  world.handler.open = [&](Connection&) { gone(); };
  connector->start({world.listening.address()}, world.factory(), must_not_fail);
  expect_gone("on_open");
  cr_expect(world.handler.journal == "open");
  // A connector that has been destroyed makes no connection, and calls nothing.
  connector->start(
      {world.listening.address()},
      [&](const Address&) {
        gone();
        return ProtocolRef(world.handler);
      },
      must_not_fail);
  expect_gone("factory");
  cr_expect(world.handler.journal == "open");
  cr_expect(world.reports.empty());
}

Test(connector_calls, every_function_may_start_it_again) {
  World world;
  const Refusing refusing;
  Connector connector(world.loop);
  int failures = 0;
  const std::function<void(const ConnectError&)> again = [&](const ConnectError&) {
    const bool last = ++failures == 3;
    connector.start({last ? world.listening.address() : refusing.address()}, world.factory(),
                    again);
  };
  connector.start({refusing.address()}, world.factory(), again);
  turn_until(world.loop, [&] { return world.handler.journal == "open"; });
  cr_expect(failures == 3);

  int sockets = 0;
  const std::function<void(Fd)> another = [&](const Fd& socket) {
    cr_expect(static_cast<bool>(socket));
    if (++sockets < 3) {
      connector.start_socket({world.listening.address()}, another, must_not_fail);
    }
  };
  connector.start_socket({world.listening.address()}, another, must_not_fail);
  turn_until(world.loop, [&] { return sockets == 3; });
}

Test(connector_calls, a_factory_that_returns_null_is_a_failure) {
  World world;
  Connector connector(world.loop);
  for (const bool throws : {false, true}) {
    int error = 0;
    connector.start(
        {world.listening.address()},
        [throws](const Address&) -> ProtocolRef {
          if (throws) throw std::runtime_error("no handler today");
          return nullptr;
        },
        [&](const ConnectError& failed) { error = failed.failures[0].error.value(); });
    turn_until(world.loop, [&] { return error != 0; });
    cr_expect(error == ECANCELED);
    cr_expect(is_closed_by_peer(world.listening.accept_soon()));
  }
  cr_assert(world.reports.size() == 1);
  cr_expect(world.reports[0].kind == Report::Kind::handler_threw);
  cr_expect(world.reports[0].what == "no handler today");
  cr_expect(world.reports[0].where == "connect");
}

Test(connector_calls, an_exception_from_a_function_is_reported) {
  World world;
  const Refusing refusing;
  Connector connector(world.loop);
  connector.start_socket(
      {world.listening.address()}, [](const Fd&) { throw std::runtime_error("one"); },
      must_not_fail);
  turn_until(world.loop, [&] { return world.reports.size() == 1; });
  cr_expect(is_closed_by_peer(world.listening.accept_soon()));
  connector.start({refusing.address()}, world.factory(),
                  [](const ConnectError&) { throw std::runtime_error("two"); });
  turn_until(world.loop, [&] { return world.reports.size() == 2; });
  cr_expect(world.reports[0].what == "one");
  cr_expect(world.reports[1].what == "two");
}

Test(connector_calls, a_function_is_freed_after_its_call) {
  World world;
  Connector connector(world.loop);
  const auto held = std::make_shared<int>(1);
  bool called = false;
  connector.start_socket(
      {world.listening.address()}, [held, &called](const Fd&) { called = true; }, must_not_fail);
  cr_expect(held.use_count() > 1);
  turn_until(world.loop, [&] { return called; });
  cr_expect(held.use_count() == 1);
}

Test(connector_calls, a_hosts_loop_returns_when_no_attempt_is_in_progress) {
  struct ev_loop* const host = ev_loop_new(EVFLAG_AUTO);
  {
    const Listening listening;
    const BlackHole silent;
    Loop loop(host);
    Connector connector(loop);
    ev_run(host, 0);
    Outcome outcome;
    outcome.start(connector, {listening.address()});
    ev_run(host, 0);
    cr_expect(outcome.peer() == listening.address());
    outcome.start(connector, {silent.address(), silent.address()});
    ev_run(host, EVRUN_NOWAIT);
    ev_run(host, EVRUN_NOWAIT);
    cr_expect(connector.running());
    connector.cancel();
    ev_run(host, 0);
    cr_expect(outcome.calls == 1);
  }
  ev_loop_destroy(host);
}

Test(connector_calls, a_descriptor_may_be_reused) {
  // If an attempt is cancelled and another begins in the same turn, the new socket gets the old
  // descriptor.
  World world;
  const BlackHole silent;
  Connector connector(world.loop);
  for (int i = 0; i < 20; ++i) {
    connector.start({silent.address()}, world.factory(), must_not_fail);
    world.loop.poll();
    connector.cancel();
    Outcome outcome;
    outcome.start(connector, {world.listening.address()});
    turn_until(world.loop, [&] { return outcome.calls > 0; });
    cr_expect(outcome.peer() == world.listening.address());
    cr_expect(static_cast<bool>(world.listening.accept_soon()));
  }
}

namespace {

// A resolver that asks a server of the test.
struct Names {
  explicit Names(Loop& loop) : server(loop), resolver(loop, asking(server)) {
    options.resolver = &resolver;
  }
  static ResolverOptions asking(const DnsServer& server) {
    ResolverOptions options;
    options.servers = {server.address()};
    return options;
  }
  DnsServer server;
  Resolver resolver;
  ConnectorOptions options;
};

std::string target_of(std::string_view scheme, std::string_view host, const Address& at) {
  return std::string(scheme) + "://" + std::string(host) + ":" + std::to_string(at.port());
}

}  // namespace

Test(connector_calls, looks_a_host_up_and_connects_to_it) {
  World world;
  Names names(world.loop);
  names.server.a("service.example", "127.0.0.1");
  Connector connector(world.loop, names.options);
  connector.connect_to(target_of("tcp", "service.example", world.listening.address()),
                       world.factory(), must_not_fail);
  cr_expect(connector.running());
  turn_until(world.loop, [&] { return world.handler.journal == "open"; });
  cr_expect(!connector.running());
  cr_expect(static_cast<bool>(world.listening.accept_soon()));
}

Test(connector_calls, connects_to_localhost_and_to_addresses_with_a_resolver_of_its_own) {
  World world;
  Connector connector(world.loop);
  const Address at = world.listening.address();
  connector.connect_to(target_of("tcp", "localhost", at), world.factory(), must_not_fail);
  turn_until(world.loop, [&] { return world.handler.journal == "open"; });
  connector.connect_to(target_of("tcp", "127.0.0.1", at), world.factory(), must_not_fail);
  turn_until(world.loop, [&] { return world.handler.journal == "open open"; });
  connector.connect_to("127.0.0.1", std::to_string(at.port()), world.factory(), must_not_fail);
  turn_until(world.loop, [&] { return world.handler.journal == "open open open"; });
}

Test(connector_calls, reports_that_a_host_was_not_found) {
  World world;
  Names names(world.loop);
  Connector connector(world.loop, names.options);
  std::string message;
  connector.connect_to("tcp://nobody.example:7", world.factory(), [&](const ConnectError& error) {
    message = error.message();
    cr_expect(error.host == "nobody.example");
    cr_expect(error.look_up == ResolverError::not_found);
    cr_expect(error.failures.empty() && !error.timed_out);
  });
  turn_until(world.loop, [&] { return !message.empty(); });
  cr_expect(message.starts_with("nobody.example: "), "%s", message.c_str());
  cr_expect(!connector.running());
}

Test(connector_calls, counts_the_lookup_against_the_deadline) {
  World world;
  Names names(world.loop);
  names.server.treat("silent.example", Manner::silent);
  names.options.timeout = 50ms;
  Connector connector(world.loop, names.options);
  int failed = 0;
  connector.connect_to("tcp://silent.example:7", world.factory(), [&](const ConnectError& error) {
    ++failed;
    cr_expect(error.timed_out);
    cr_expect(error.look_up == ResolverError::timed_out);
  });
  turn_until(world.loop, [&] { return failed > 0; });
  cr_expect(names.resolver.pending() == 0);
}

Test(connector_calls, cancels_a_lookup_and_calls_nothing) {
  World world;
  Names names(world.loop);
  names.server.a("service.example", "127.0.0.1");
  Connector connector(world.loop, names.options);
  const std::string target = target_of("tcp", "service.example", world.listening.address());
  connector.connect_to(target, world.factory(), must_not_fail);
  connector.cancel();
  cr_expect(!connector.running() && names.resolver.pending() == 0);
  connector.connect_to(target, world.factory(), must_not_fail);
  connector.connect_to("tcp://127.0.0.1:" + std::to_string(world.listening.address().port()),
                       world.factory(), must_not_fail);
  cr_expect(names.resolver.pending() == 0);
  turn_until(world.loop, [&] { return world.handler.journal == "open"; });
  {
    Connector other(world.loop, names.options);
    other.connect_to(target, world.factory(), must_not_fail);
  }
  cr_expect(names.resolver.pending() == 0);
}

Test(connector_calls, makes_the_transport_of_a_tls_target_for_its_host) {
  Hooks hooks;
  World world;
  Names names(world.loop);
  names.server.a("secure.example", "127.0.0.1");
  std::string expected_host;
  names.options.tls = [&](std::string_view host) {
    expected_host = host;
    return hooked(hooks);
  };
  Connector connector(world.loop, names.options);
  connector.connect_to(target_of("tls", "secure.example", world.listening.address()),
                       world.factory(), must_not_fail);
  turn_until(world.loop, [&] { return world.handler.journal == "open"; });
  cr_expect(expected_host == "secure.example");
  cr_expect(hooks.opens == 1);
  connector.connect_to(target_of("tcp", "secure.example", world.listening.address()),
                       world.factory(), must_not_fail);
  turn_until(world.loop, [&] { return world.handler.journal == "open open"; });
  cr_expect(hooks.made == 1, "tcp:// has no transport");
}

Test(connector_calls, throws_for_text_that_is_no_target_and_changes_nothing) {
  World world;
  Connector connector(world.loop);
  connector.start({world.listening.address()}, world.factory(), must_not_fail);
  for (const char* text : {"tcp://x", "tls://127.0.0.1:1"}) {
    bool thrown = false;
    try {
      connector.connect_to(text, world.factory(), must_not_fail);
    } catch (const std::invalid_argument& error) {
      thrown = true;
      cr_expect(std::string_view(error.what()).starts_with("cannot connect to \""));
    }
    cr_expect(thrown);
  }
  turn_until(world.loop, [&] { return world.handler.journal == "open"; });
}
