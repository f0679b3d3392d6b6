// The listener over IP: where it listens, which peers it serves, and which it refuses.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/streams.h"
#include <sluice/listener.h>

using namespace sluice;
using namespace sluice::test;

namespace {

Endpoint tcp(std::string_view host) { return Endpoint::from("tcp://" + std::string(host) + ":0"); }

// An address on `host` with the port of `listener`.
Address at(std::string_view host, const Listener& listener) {
  return ip(host, listener.endpoint().address().port());
}

bool refuses(const Address& server) {
  const Fd fd(::socket(server.family(), SOCK_STREAM, 0));
  return ::connect(fd.get(), server.data(), server.size()) != 0 && errno == ECONNREFUSED;
}

// The text of the system_error that `make` throws.
template <class Make>
std::string error_of(int code, Make&& make) {
  try {
    make();
  } catch (const std::system_error& error) {
    cr_expect(error.code().value() == code, "errno %d", error.code().value());
    return error.what();
  }
  return "no error";
}

struct Service {
  explicit Service(std::string_view host, const ListenerOptions& options = {},
                   const LoopOptions& loop_options = backend_options())
      : loop(loop_options), listener(loop, tcp(host), handler, options) {
    handler.open = [this](Connection& connection) { peers.push_back(connection.peer()); };
    loop.set_reporter([this](const Report& report) { reports.push_back(report); });
  }
  Peer client(const Address& server) {
    Peer peer(server);
    turn_until(loop, [this, done = peers.size() + 1] { return peers.size() == done; });
    return peer;
  }
  Peer client() { return client(listener.endpoint().address()); }

  std::vector<Address> peers;
  std::vector<Report> reports;
  Handler handler;
  Loop loop;
  Listener listener;
};

}  // namespace

Test(listener, returns_its_port_and_serves_there) {
  for (const char* host : {"127.0.0.1", "[::1]"}) {
    Service service(host);
    const Address address = service.listener.endpoint().address();
    cr_assert(address.port() != 0);
    cr_expect(service.listener.endpoint().to_string() ==
              "tcp://" + std::string(host) + ":" + std::to_string(address.port()));
    Peer peer = service.client();
    cr_expect(service.peers[0] == Address::local_of(peer.fd()));
    cr_expect(service.listener.connections() == 1 && service.loop.counters().accepted == 1);
    peer.send("hello");
    turn_until(service.loop, [&] { return service.handler.input == "hello"; });
    peer.close();
    turn_until(service.loop, [&] { return service.listener.connections() == 0; });
  }
}

Test(listener, serves_both_families_at_a_star_and_returns_ipv4_addresses_of_ipv4_peers) {
  Service service("*");
  cr_expect(service.listener.endpoint().any_family());
  const Peer four = service.client(at("127.0.0.1", service.listener));
  const Peer six = service.client(at("::1", service.listener));
  cr_expect(service.peers[0] == Address::local_of(four.fd()));
  cr_expect(service.peers[0].family() == AF_INET);
  cr_expect(service.peers[1] == Address::local_of(six.fd()));
}

Test(listener, serves_only_ipv6_at_the_ipv6_wildcard) {
  Service service("[::]");
  cr_expect(refuses(at("127.0.0.1", service.listener)));
  const Peer six = service.client(at("::1", service.listener));
  cr_expect(service.peers[0].family() == AF_INET6);
}

Test(listener, names_the_failed_call_and_the_endpoint) {
  Service service("127.0.0.1");
  const Endpoint taken = service.listener.endpoint();
  cr_expect(error_of(EADDRINUSE, [&] { Listener(service.loop, taken, service.handler); }) ==
            "bind " + taken.to_string() + ": Address already in use");
  cr_expect(error_of(EADDRNOTAVAIL, [&] {
              Listener(service.loop, tcp("192.0.2.1"), service.handler);
            }) == "bind tcp://192.0.2.1:0: Cannot assign requested address");
  service.client();
}

Test(listener, shares_its_port_only_with_the_option) {
  ListenerOptions options;
  options.reuse_port = true;
  Service service("127.0.0.1", options);
  const Endpoint endpoint = service.listener.endpoint();
  const Listener second(service.loop, endpoint, service.handler, options);
  cr_expect(second.endpoint() == endpoint);
  error_of(EADDRINUSE, [&] { Listener(service.loop, endpoint, service.handler); });
}

Test(listener, may_use_the_port_of_an_earlier_listener_at_once) {
  Handler handler;
  Loop loop(backend_options());
  std::optional<Listener> listener(std::in_place, loop, tcp("127.0.0.1"), handler);
  const Endpoint endpoint = listener->endpoint();
  Peer peer(endpoint.address());
  turn_until(loop, [&] { return loop.counters().accepted == 1; });
  listener.reset();
  Connection::find(loop, {0, 1})->close();  // ours closes first, so the port is in TIME_WAIT
  peer.receive_all(loop);
  peer.close();
  turn_until(loop, [&] { return handler.closes == 1; });
  listener.emplace(loop, endpoint, handler);
  const Peer next(endpoint.address());
  turn_until(loop, [&] { return loop.counters().accepted == 2; });
}

Test(listener, refuses_a_newcomer_without_a_handler_and_reports_an_exception_of_the_factory) {
  Handler handler;
  std::vector<Report> reports;
  Loop loop(backend_options());
  loop.set_reporter([&](const Report& report) { reports.push_back(report); });
  int calls = 0;
  const auto factory = [&](const Address&) -> ProtocolRef {
    switch (++calls) {
      case 1:
        return nullptr;
      case 2:
        throw std::runtime_error("not today");
      default:
        return handler;
    }
  };
  ListenerOptions options;
  options.max_per_source = 1;  // a refused peer is not counted
  const Listener listener(loop, tcp("127.0.0.1"), factory, options);
  Peer first(listener.endpoint().address());
  cr_expect(first.receive_all(loop).empty());
  Peer second(listener.endpoint().address());
  cr_expect(second.receive_all(loop).empty());
  const Peer third(listener.endpoint().address());
  turn_until(loop, [&] { return loop.counters().accepted == 1; });
  cr_expect(loop.counters().refused == 2);
  cr_assert(reports.size() == 1);
  cr_expect(reports[0].kind == Report::Kind::handler_threw && reports[0].what == "not today");
}

Test(listener, refuses_a_newcomer_that_is_not_admitted_before_it_has_a_handler) {
  Handler handler;
  int made = 0;
  Loop loop(backend_options());
  loop.set_reporter([](const Report&) {});
  std::vector<std::string> asked;
  ListenerOptions options;
  options.max_per_source = 1;  // a refused peer is not counted
  options.admit = [&asked](int socket, const Address& peer) {
    const Address own = Address::local_of(socket);
    asked.push_back(own.host() + ' ' + peer.host());
    if (asked.size() == 2) throw std::runtime_error("not today");
    return asked.size() == 3;
  };
  const auto factory = [&](const Address&) -> ProtocolRef {
    ++made;
    return handler;
  };
  const Listener listener(loop, tcp("127.0.0.1"), factory, options);
  for (int i = 0; i < 2; ++i) {
    Peer refused(listener.endpoint().address());
    cr_expect(refused.receive_all(loop).empty());
  }
  const Peer accepted(listener.endpoint().address());
  turn_until(loop, [&] { return loop.counters().accepted == 1; });
  cr_expect(loop.counters().refused == 2 && made == 1);
  cr_expect(asked == std::vector<std::string>(3, "127.0.0.1 127.0.0.1"));
}

Test(listener, refuses_newcomers_above_each_limit_and_accepts_again_below) {
  const std::size_t unlimited = ListenerOptions::kNoLimit;
  struct Limits {
    std::size_t listener, source, loop;
    const char* what;
  };
  for (const Limits& limits :
       {Limits{2, unlimited, unlimited, "127.0.0.1: the limit of 2 connections"},
        Limits{unlimited, 2, unlimited, "127.0.0.1: the limit of 2 connections from one source"},
        Limits{unlimited, unlimited, 2, "127.0.0.1: the loop's limit of 2 connections"}}) {
    ListenerOptions options;
    options.max_connections = limits.listener;
    options.max_per_source = limits.source;
    LoopOptions loop_options = backend_options();
    loop_options.max_connections = limits.loop;
    Service service("127.0.0.1", options, loop_options);
    Peer first = service.client();
    const Peer second = service.client();
    for (int i = 0; i < 3; ++i) {
      Peer refused(service.listener.endpoint().address());
      refused.receive_all(service.loop);
    }
    cr_expect(service.loop.counters().refused == 3 && service.loop.counters().accepted == 2);
    cr_assert(service.reports.size() == 1, "one a second");
    cr_expect(service.reports[0].kind == Report::Kind::refused);
    cr_expect(service.reports[0].what == limits.what);
    cr_expect(service.reports[0].where == service.listener.endpoint().to_string());
    first.close();
    turn_until(service.loop, [&] { return service.handler.closes == 1; });
    const Peer third = service.client();
  }
}

Test(listener, reports_its_last_refusals_while_it_is_destroyed) {
  std::vector<Report> reports;
  Handler handler;
  Loop loop(backend_options());
  loop.set_reporter([&reports](const Report& report) { reports.push_back(report); });
  ListenerOptions options;
  options.max_connections = 0;
  auto listener = std::make_unique<Listener>(loop, tcp("127.0.0.1"), handler, options);
  for (std::uint64_t refused = 1; refused <= 3; ++refused) {
    const Peer peer(listener->endpoint().address());
    turn_until(loop, [&] { return loop.counters().refused == refused; });
  }
  listener.reset();
  cr_assert(!reports.empty());
  std::uint64_t count = 0;
  for (const Report& report : reports) count += report.count;
  cr_expect(count == 3, "%ju", static_cast<std::uintmax_t>(count));
  cr_expect(reports.back().what == "127.0.0.1: the limit of 0 connections");
}

Test(listener, refuses_newcomers_that_come_too_fast) {
  for (const bool of_a_source : {false, true}) {
    ListenerOptions options;
    (of_a_source ? options.connect_rate_per_source : options.connect_rate) =
        TokenRate::of(2, std::chrono::hours(1), 2);
    Service service("127.0.0.1", options);
    Peer first = service.client();
    first.close();
    turn_until(service.loop, [&] { return service.handler.closes == 1; });
    const Peer second = service.client();
    Peer third(service.listener.endpoint().address());
    cr_expect(third.receive_all(service.loop).empty());
    cr_expect(service.loop.counters().refused == 1 && service.loop.counters().accepted == 2);
    cr_assert(service.reports.size() == 1);
    const std::string what = "127.0.0.1: the limit on the rate of new connections";
    cr_expect(service.reports[0].what == (of_a_source ? what + " from one source" : what));
  }
}

Test(listener, calls_closed_for_each_connection_with_what_it_was) {
  struct Closed {
    Address peer;
    std::uint64_t bytes_in;
    CloseReason reason;
  };
  std::vector<Closed> closed;
  ListenerOptions options;
  options.closed = [&closed](const Connection& connection) {
    closed.push_back({connection.peer(), connection.bytes_in(), connection.close_reason()});
  };
  Service service("127.0.0.1", options);
  Peer first = service.client();
  const Peer second = service.client();
  const Address address = service.peers.front();
  first.send("hello");
  turn_until(service.loop, [&] { return service.loop.counters().bytes_in == 5; });
  cr_expect(closed.empty());
  first.close();
  turn_until(service.loop, [&] { return !closed.empty(); });
  cr_assert(closed.size() == 1);
  cr_expect(closed[0].peer == address && closed[0].bytes_in == 5);
  cr_expect(closed[0].reason == CloseReason::peer_closed);
}

Test(listener, limits_each_source_separately) {
  ListenerOptions options;
  options.max_per_source = 1;
  Service service("*", options);
  const Peer first = service.client(at("127.0.0.1", service.listener));
  const Peer six = service.client(at("::1", service.listener));
  Fd other(::socket(AF_INET, SOCK_STREAM, 0));
  const Address from = ip("127.0.0.2");
  const Address to = at("127.0.0.1", service.listener);
  cr_assert(::bind(other.get(), from.data(), from.size()) == 0);
  cr_assert(::connect(other.get(), to.data(), to.size()) == 0);
  turn_until(service.loop, [&] { return service.peers.size() == 3; });
  Peer again(to);
  again.receive_all(service.loop);
  cr_expect(service.loop.counters().refused == 1);
}

Test(listener, accepts_in_batches_and_serves_others_meanwhile) {
  ListenerOptions options;
  options.accept_batch = 3;
  Service service("127.0.0.1", options);
  std::vector<Peer> peers;
  for (int i = 0; i < 8; ++i) peers.emplace_back(service.listener.endpoint().address());
  std::vector<std::size_t> accepted;
  while (service.peers.size() < 8) {
    service.loop.run_once();
    accepted.push_back(service.peers.size());
  }
  cr_expect((accepted == std::vector<std::size_t>{3, 6, 8}));
}

Test(listener, leaves_newcomers_waiting_while_it_is_paused) {
  Service service("127.0.0.1");
  service.listener.pause();
  service.listener.pause();
  const Peer peer(service.listener.endpoint().address());
  turn_a_while(service.loop);
  cr_expect(service.peers.empty());
  service.listener.resume();
  turn_until(service.loop, [&] { return service.peers.size() == 1; });
}

Test(listener, keeps_its_connections_when_it_closes) {
  Service service("127.0.0.1");
  const Address address = service.listener.endpoint().address();
  Peer peer = service.client();
  service.listener.close();
  service.listener.close();
  service.listener.resume();
  cr_expect(refuses(address));
  peer.send("still there?");
  turn_until(service.loop, [&] { return service.handler.input == "still there?"; });
  cr_expect(service.listener.connections() == 1);
}

Test(listener, survives_a_newcomer_that_disconnects_before_it_is_accepted) {
  Service service("127.0.0.1");
  Peer(service.listener.endpoint().address()).reset();
  Peer(service.listener.endpoint().address()).close();
  const Peer stays(service.listener.endpoint().address());
  turn_until(service.loop, [&] { return service.loop.counters().connections_open == 1; });
}

Test(listener, counts_its_newcomers_and_the_bytes_of_its_connections_alone) {
  ListenerOptions options;
  options.max_connections = 1;
  Service service("127.0.0.1", options);
  const Listener other(service.loop, tcp("127.0.0.1"), service.handler);
  service.handler.data = [](Connection& connection, std::string_view text) {
    connection.send(std::string(text) + "!");
    return text.size();
  };
  {
    Peer peer = service.client();
    peer.send("hello");
    turn_until(service.loop, [&] { return peer.waiting() == "hello!"; });
    const Peer refused(service.listener.endpoint().address());
    turn_until(service.loop, [&] { return service.listener.counters().refused == 1; });
  }
  turn_until(service.loop, [&] { return service.listener.connections() == 0; });
  const ListenerCounters& counters = service.listener.counters();
  cr_expect(counters.accepted == 1 && counters.refused == 1);
  cr_expect(counters.refused_by[static_cast<std::size_t>(Refusal::max_here)] == 1);
  cr_expect(counters.bytes_in == 5 && counters.bytes_out == 6);
  cr_expect(other.counters().accepted == 0 && other.counters().bytes_in == 0);
}

Test(listener, is_known_to_its_connections_until_it_is_destroyed) {
  Handler handler;
  Loop loop(backend_options());
  auto listener = std::make_unique<Listener>(loop, tcp("127.0.0.1"), handler);
  Connection* accepted = nullptr;
  handler.open = [&accepted](Connection& connection) { accepted = &connection; };
  const Peer peer(listener->endpoint().address());
  turn_until(loop, [&] { return accepted != nullptr; });
  cr_expect(accepted->listener() == listener.get());
  listener.reset();
  cr_expect(accepted->listener() == nullptr);
}

Test(listener, lets_all_connections_of_a_loop_be_visited_in_pieces) {
  constexpr std::size_t kPeers = 150;
  Service service("127.0.0.1");
  cr_expect(Connection::visit(service.loop, 0, 10, [](Connection&) { cr_expect(false); }) == 0);
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < kPeers; ++i) peers.push_back(service.client());

  std::vector<std::uint32_t> seen;
  std::uint32_t place = 0;
  std::size_t calls = 0;
  do {
    std::size_t in_this_call = 0;
    place = Connection::visit(service.loop, place, 40, [&](Connection& connection) {
      ++in_this_call;
      seen.push_back(connection.id().slot);
      if (seen.size() % 2 == 0) connection.abort();
    });
    cr_expect(in_this_call <= 40);
    ++calls;
  } while (place != 0);
  std::sort(seen.begin(), seen.end());
  cr_expect(std::unique(seen.begin(), seen.end()) == seen.end());
  cr_expect(seen.size() == kPeers && calls == 4, "%zu in %zu calls", seen.size(), calls);

  // What is closed is not seen any more, and a place beyond the table is its end.
  std::size_t left = 0;
  cr_expect(Connection::visit(service.loop, 0, UINT32_MAX, [&](Connection&) { ++left; }) == 0);
  cr_expect(left == kPeers / 2, "%zu", left);
  cr_expect(Connection::visit(service.loop, UINT32_MAX, 1, [](Connection&) {}) == 0);
}
