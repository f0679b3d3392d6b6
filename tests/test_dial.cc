// A connection to the first of several addresses that takes one.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "sluice-talk/dial.h"
#include <sluice/reactor/address.h>
#include <sluice/reactor/fd.h>
#include <sluice/reactor/loop.h>

using sluice::Address;
using sluice::Dial;
using sluice::DialOptions;
using sluice::Endpoint;
using sluice::Fd;
using sluice::Loop;
using sluice::Transport;
using namespace std::chrono_literals;

namespace {

struct Listening {
  Fd socket;
  Endpoint endpoint = Endpoint::from("tcp://127.0.0.1:0");
  explicit Listening(const Address& at, int backlog = 8)
      : socket(::socket(at.family(), SOCK_STREAM, 0)) {
    cr_assert(::bind(socket.get(), at.data(), at.size()) == 0);
    if (backlog >= 0) cr_assert(::listen(socket.get(), backlog) == 0);
    endpoint = Endpoint(at.is_unix() ? Transport::unix_stream : Transport::tcp,
                        Address::local_of(socket.get()));
  }
};

// A port that is bound, so that nobody gets it, and not listened on.
struct Refusing : Listening {
  Refusing() : Listening(Address::loopback(AF_INET, 0), -1) {}
};

struct Result {
  Fd socket;
  std::string why;
  bool timed_out = false;
};

Result dial(std::vector<Endpoint> candidates, const DialOptions& options = {}) {
  Loop loop;
  Result result;
  Dial attempt(
      loop, std::move(candidates), options,
      [&](Fd socket) {
        result.socket = std::move(socket);
        loop.stop();
      },
      [&](const std::string& why, bool timed_out) {
        result.why = why;
        result.timed_out = timed_out;
        loop.stop();
      });
  attempt.start();
  loop.run();
  return result;
}

Address peer_of(const Fd& socket) {
  Address peer;
  socklen_t size = Address::capacity();
  cr_assert(::getpeername(socket.get(), peer.data(), &size) == 0);
  peer.set_size(size);
  return peer;
}

}  // namespace

Test(dial, connects_to_the_first_that_takes_it) {
  const Refusing refusing;
  const Listening first(Address::loopback(AF_INET, 0));
  const Listening second(Address::loopback(AF_INET, 0));
  const Result result = dial({refusing.endpoint, first.endpoint, second.endpoint});
  cr_assert(result.socket.get() >= 0, "%s", result.why.c_str());
  cr_expect(peer_of(result.socket) == first.endpoint.address());
}

Test(dial, each_address_is_named_with_its_reason) {
  const Refusing one;
  const Refusing two;
  const Result result = dial({one.endpoint, two.endpoint});
  cr_expect(result.why == one.endpoint.address().to_string() + ": Connection refused; " +
                              two.endpoint.address().to_string() + ": Connection refused");
  cr_expect(!result.timed_out);
  cr_expect(dial({one.endpoint}).why == "Connection refused");
}

Test(dial, binds_and_leaves_out_other_families) {
  const Listening listening(Address::loopback(AF_INET, 0));
  DialOptions options;
  options.bind = Address::from_ip("127.0.0.2", 0);
  const Result result = dial({Endpoint::from("tcp://[::1]:7"), listening.endpoint}, options);
  cr_assert(result.socket.get() >= 0, "%s", result.why.c_str());
  cr_expect(Address::local_of(result.socket.get()).host() == "127.0.0.2");
}

Test(dial, a_deadline_ends_a_connect_that_nobody_answers) {
  // A full backlog drops what comes after it.
  const Listening full(Address::loopback(AF_INET, 0), 0);
  std::vector<Fd> fillers;
  for (int i = 0; i < 2; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    const Address& at = full.endpoint.address();
    (void)::connect(fillers.back().get(), at.data(), at.size());
  }
  DialOptions options;
  options.timeout = 100ms;
  const Result result = dial({full.endpoint}, options);
  cr_expect(result.timed_out);
  cr_expect(result.why == "no connection within 100 ms");
}

Test(dial, a_unix_socket_whose_backlog_is_full_is_tried_again) {
  const std::string path = "/tmp/sluice-dial-" + std::to_string(::getpid());
  const Listening full(*Address::from_path(path), 0);
  const Address& at = full.endpoint.address();
  const Fd filler(::socket(AF_UNIX, SOCK_STREAM, 0));
  cr_assert(::connect(filler.get(), at.data(), at.size()) == 0);

  Loop loop;
  Fd socket;
  Dial attempt(
      loop, {full.endpoint}, {},
      [&](Fd connected) {
        socket = std::move(connected);
        loop.stop();
      },
      [&](const std::string& why, bool) { cr_assert_fail("%s", why.c_str()); });
  sluice::Timer accept(loop, [&] { ::close(::accept(full.socket.get(), nullptr, nullptr)); });
  accept.start(50ms);
  attempt.start();
  loop.run();
  ::unlink(path.c_str());
  cr_expect(socket.get() >= 0);
}

Test(dial, going_gives_up) {
  const Listening listening(Address::loopback(AF_INET, 0));
  Loop loop;
  {
    Dial attempt(
        loop, {listening.endpoint}, {}, [](Fd) { cr_assert(false); },
        [](const std::string&, bool) { cr_assert(false); });
    attempt.start();
  }
  loop.poll();
}

Test(dial, does_not_connect_to_itself) {
  // From and to the same port the kernel connects the socket to itself.
  const std::uint16_t port = [] {
    const Refusing taken;
    return taken.endpoint.address().port();
  }();
  const Address self = Address::loopback(AF_INET, port);
  DialOptions options;
  options.bind = self;
  const Result result = dial({Endpoint(Transport::tcp, self)}, options);
  cr_expect(result.socket.get() < 0);
  cr_expect(result.why == "Connection refused", "%s", result.why.c_str());
}
