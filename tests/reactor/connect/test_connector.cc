// Connecting to one address and to several: the results and the reported errors.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/connects.h"
#include "support/descriptors.h"
#include "support/network_namespace.h"
#include "support/scratch.h"
#include "support/slowness.h"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TestSuite(connector, .timeout = 30);

namespace {

Outcome outcome(std::vector<Address> addresses, const ConnectorOptions& options = {}) {
  Loop loop(backend_options());
  return outcome_of(loop, std::move(addresses), options);
}

// A port at `at` that no socket uses.
std::uint16_t free_port(const Address& at) { return Refusing(at).address().port(); }

}  // namespace

Test(connector, passes_a_socket_that_is_ready_to_use) {
  for (const int family : {AF_INET, AF_INET6}) {
    const Listening listening(Address::loopback(family, 0));
    const Outcome result = outcome({listening.address()});
    cr_expect(result.peer() == listening.address());
    const int fd = result.socket.get();
    cr_expect((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    cr_expect((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    int on = 0;
    socklen_t size = sizeof on;
    cr_assert(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
    cr_expect(on != 0);
  }
}

Test(connector, calls_nothing_before_start_returns) {
  const Scratch scratch;
  const Listening at_once(path(scratch / "s"));
  const Refusing refusing;
  for (const Address& address : {at_once.address(), refusing.address(), Address()}) {
    Loop loop(backend_options());
    Connector connector(loop);
    Outcome result;
    result.start(connector, {address});
    cr_expect(result.calls == 0);
    cr_expect(connector.running());
    turn_until(loop, [&] { return result.calls > 0; });
  }
}

Test(connector, reports_the_errno_of_each_address) {
  const Refusing one;
  const Refusing two;
  const Outcome result = outcome({one.address(), two.address(), Address()});
  cr_assert(result.error.has_value());
  cr_expect(result.error->failures.size() == 3);
  cr_expect(result.error_of(0) == ECONNREFUSED);
  cr_expect(result.error_of(1) == ECONNREFUSED);
  cr_expect(result.error_of(2) == EAFNOSUPPORT);
  cr_expect(result.error->failures[1].address == two.address());
  cr_expect(result.error->failures[2].call == "socket");
  cr_expect(!result.error->timed_out);
  cr_expect(
      result.error->message() ==
      one.address().to_string() + ": Connection refused; " + two.address().to_string() +
          ": Connection refused; (unnamed): socket: Address family not supported by protocol");
}

Test(connector, tries_the_addresses_until_one_accepts) {
  const Refusing refusing;
  const Listening first;
  const Listening second;
  const Outcome result = outcome({refusing.address(), first.address(), second.address()});
  cr_expect(result.peer() == first.address());
  cr_expect(!second.accept(), "the second was not to be tried");
}

Test(connector, fails_when_there_is_no_address) {
  const Outcome result = outcome({});
  cr_assert(result.error.has_value());
  cr_expect(result.error->failures.empty());
  cr_expect(result.error->message() == "no address");
}

Test(connector, does_not_connect_to_itself) {
  // If the source and the target port are equal, the kernel connects the socket to itself.
  for (const int family : {AF_INET, AF_INET6}) {
    const Address self = Address::loopback(family, free_port(Address::loopback(family, 0)));
    ConnectorOptions options;
    options.from.address = self;
    const Outcome result = outcome({self}, options);
    cr_expect(result.error_of(0) == ECONNREFUSED, "%s", result.error->message().c_str());
    cr_expect(result.error->failures[0].call == "connect");
  }
}

Test(connector, does_not_connect_to_itself_by_another_address) {
  for (const char* name : {"0.0.0.0", "::", "::ffff:127.0.0.1", "::1%lo"}) {
    // A port that is free in both families.
    const char* const any = ip(name).family() == AF_INET ? "0.0.0.0" : "::";
    const std::uint16_t port = free_port(ip(any, 0));
    ConnectorOptions options;
    options.from.address = ip(any, port);
    const Outcome result = outcome({ip(name, port)}, options);
    cr_expect(result.error_of(0) == ECONNREFUSED, "%s", name);
  }
}

Test(connector, a_deadline_ends_one_address) {
  const BlackHole silent;
  ConnectorOptions options;
  options.address_timeout = 60ms;
  const TimePoint begin = Clock::now();
  const Outcome result = outcome({silent.address()}, options);
  cr_expect(Clock::now() - begin >= 60ms);
  cr_expect(result.error_of(0) == ETIMEDOUT);
  cr_expect(!result.error->timed_out, "that is for the deadline of all");
}

Test(connector, a_deadline_ends_all) {
  const Refusing refusing;
  const BlackHole silent;
  const Listening late;
  ConnectorOptions options;
  options.timeout = slowness() * 60ms;
  options.attempt_delay = slowness() * 250ms;
  const bool ended = succeeds_once([&] {
    const Outcome result = outcome({refusing.address(), silent.address(), late.address()}, options);
    cr_assert(result.error.has_value());
    cr_expect(result.error->timed_out);
    // The turn of the last one had not come.
    return result.error_of(0) == ECONNREFUSED && result.error_of(1) == ETIMEDOUT &&
           result.error_of(2) == ECANCELED;
  });
  cr_expect(ended);
}

Test(connector, uses_a_connection_that_was_established_while_the_loop_was_busy) {
  const Listening listening;
  for (const bool each : {true, false}) {
    ConnectorOptions options;
    (each ? options.address_timeout : options.timeout) = 20ms;
    Loop loop(backend_options());
    Connector connector(loop, options);
    Outcome result;
    result.start(connector, {listening.address()});
    loop.poll();  // the attempt begins, and the kernel connects it
    ::poll(nullptr, 0, 40);
    turn_until(loop, [&] { return result.calls > 0; });
    cr_expect(result.peer() == listening.address());
    cr_expect(result.calls == 1);
  }
}

Test(connector, connects_from_the_requested_address) {
  const Listening listening;
  ConnectorOptions options;
  options.from.address = ip("127.0.0.2");
  const Outcome result = outcome({ip("::1", 7), listening.address()}, options);
  cr_assert(result.socket.get() >= 0, "%s", result.error->message().c_str());
  cr_expect(Address::local_of(result.socket.get()).host() == "127.0.0.2");
}

Test(connector, reports_that_it_cannot_use_the_requested_address) {
  const Listening listening;
  ConnectorOptions options;
  options.from.address = ip("192.0.2.77");
  const Outcome result = outcome({ip("::1", 7), listening.address()}, options);
  cr_expect(result.error_of(0) == EAFNOSUPPORT);
  cr_expect(result.error_of(1) == EADDRNOTAVAIL);
  cr_expect(result.error->failures[1].call == "bind");
}

Test(connector, connects_from_the_requested_device) {
  enter_network_namespace();
  const Listening listening;
  ConnectorOptions options;
  options.from.device = "lo";
  cr_expect(outcome({listening.address()}, options).peer() == listening.address());
  for (const char* device : {"nosuch0", "a-name-that-no-device-can-have"}) {
    options.from.device = device;
    const Outcome result = outcome({listening.address()}, options);
    cr_expect(result.error_of(0) == ENODEV);
    cr_expect(result.error->failures[0].call == "setsockopt");
  }
}

Test(connector, reports_an_unreachable_network_and_an_unreachable_host) {
  enter_network_namespace();
  const TestInterface interface("wire", "10.9.1.1");
  ConnectorOptions options;
  options.address_timeout = 50ms;
  const Outcome result = outcome({ip("192.0.2.1", 7), ip("10.9.1.2", 7)}, options);
  cr_expect(result.error_of(0) == ENETUNREACH);
  cr_expect(result.error_of(1) == ETIMEDOUT);
}

Test(connector, reports_that_no_descriptor_is_left) {
  const Listening listening;
  Loop loop(backend_options());
  Connector connector(loop);
  Hoard hoard;
  Outcome without;
  without.start(connector, {listening.address(), listening.address()});
  turn_until(loop, [&] { return without.calls > 0; });
  cr_expect(without.error_of(0) == EMFILE);
  cr_expect(without.error_of(1) == EMFILE);
  cr_expect(without.error->failures[0].call == "socket");
  hoard.give(1);
  Outcome with;
  with.start(connector, {listening.address()});
  turn_until(loop, [&] { return with.calls > 0; });
  cr_expect(with.peer() == listening.address());
}

Test(connector, connects_unix_sockets) {
  const Scratch scratch;
  const Listening listening(path(scratch / "s"));
  cr_expect(outcome({listening.address()}).peer() == listening.address());
  cr_expect(outcome({path(scratch / "none")}).error_of(0) == ENOENT);
}

Test(connector, tries_a_unix_socket_with_a_full_backlog_again) {
  const Scratch scratch;
  const Listening full(path(scratch / "s"), 0);
  const Peer filler(full.address());
  Loop loop(backend_options());
  Connector connector(loop);
  Outcome result;
  result.start(connector, {full.address()});
  turn_a_while(loop, 50);
  cr_expect(result.calls == 0);
  (void)full.accept();
  turn_until(loop, [&] { return result.calls > 0; });
  cr_expect(result.peer() == full.address());
}

Test(connector, times_out_on_a_unix_socket_that_stays_full) {
  const Scratch scratch;
  const Listening full(path(scratch / "s"), 0);
  const Peer filler(full.address());
  ConnectorOptions options;
  options.address_timeout = 70ms;
  cr_expect(outcome({full.address()}, options).error_of(0) == ETIMEDOUT);
}
