// How datagram sockets are opened: families, options, and the errors.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/datagrams.h"
#include "support/no_ipv6.h"
#include <sluice/datagram.h>
#include <sluice/fd.h>
#include <sluice/loop.h>

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using sluice::Address;
using sluice::DatagramOptions;
using sluice::DatagramSocket;
using sluice::Endpoint;
using sluice::Fd;
using sluice::Loop;

namespace {

struct World {
  explicit World(const char* local, const DatagramOptions& options = {})
      : socket(loop, Endpoint::from(local), handler, options) {}

  [[nodiscard]] Address at(const char* host) const {
    return ip(host, socket.local().address().port());
  }
  void turn_until_heard(std::size_t count) {
    turn_until(loop, [this, count] { return handler.received.size() >= count; });
  }

  Loop loop{backend_options()};
  Recorder handler;
  DatagramSocket socket;
};

// The error of opening this socket.
std::system_error failure_of(Loop& loop, const std::string& local,
                             const DatagramOptions& options = {}) {
  Recorder handler;
  try {
    const DatagramSocket socket(loop, Endpoint::from(local), handler, options);
  } catch (const std::system_error& error) {
    return error;
  }
  cr_assert_fail("nothing was thrown");
  return std::system_error(std::error_code());
}

bool starts_with(const std::system_error& error, const std::string& text) {
  return std::string(error.what()).rfind(text, 0) == 0;
}

// A socket that this library has not opened, bound to any free port.
Fd bound_by_hand(const Address& local) {
  Fd fd(::socket(local.family(), SOCK_DGRAM, 0));
  cr_assert(::bind(fd.get(), local.data(), local.size()) == 0);
  return fd;
}

void expect_not_adopted(Fd fd, int wanted, const std::string& why) {
  Loop loop(backend_options());
  Recorder handler;
  const std::string text = "descriptor " + std::to_string(fd.get()) + " " + why;
  try {
    const DatagramSocket socket(loop, std::move(fd), handler);
    cr_assert_fail("nothing was thrown");
  } catch (const std::system_error& error) {
    cr_expect(error.code().value() == wanted);
    cr_expect(starts_with(error, text), "%s", error.what());
  }
}

}  // namespace

Test(datagram_open, returns_the_port_that_the_system_chose) {
  const World world("udp://127.0.0.1:0");
  const Endpoint local = world.socket.local();
  cr_expect(local.address().port() != 0);
  cr_expect(local.to_string() == "udp://" + local.address().to_string());
}

Test(datagram_open, names_the_failed_call_and_the_endpoint) {
  World world("udp://127.0.0.1:0");
  const std::string taken = world.socket.local().to_string();
  const auto error = failure_of(world.loop, taken);
  cr_expect(error.code() == std::errc::address_in_use);
  cr_expect(starts_with(error, "bind " + taken), "%s", error.what());
}

Test(datagram_open, throws_if_the_host_does_not_have_the_address) {
  Loop loop(backend_options());
  const auto error = failure_of(loop, "udp://192.0.2.200:53");
  cr_expect(error.code() == std::errc::address_not_available);
  cr_expect(starts_with(error, "bind udp://192.0.2.200:53"), "%s", error.what());
}

Test(datagram_open, names_the_rejected_option) {
  Loop loop(backend_options());
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  std::array filter{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    cr_skip_test("this machine forbids a seccomp filter");
  }
  DatagramOptions options;
  options.receive_buffer = 8192;
  const auto error = failure_of(loop, "udp://127.0.0.1:0", options);
  cr_expect(starts_with(error, "setsockopt(SO_RCVBUF) udp://127.0.0.1:0"), "%s", error.what());
}

Test(datagram_open, leaves_no_descriptor_and_no_component_behind_when_it_fails) {
  World world("udp://127.0.0.1:0");
  const int before = ::dup(0);
  ::close(before);
  failure_of(world.loop, world.socket.local().to_string());
  const int after = ::dup(0);
  ::close(after);
  cr_expect(before == after);
  world.loop.poll();
}

Test(datagram_open, adopts_a_socket_that_is_bound) {
  Loop loop(backend_options());
  Recorder handler;
  handler.then = answer_with_the_same;
  for (const int family : {AF_INET, AF_INET6}) {
    Fd fd = bound_by_hand(Address::loopback(family, 0));
    const Address local = Address::local_of(fd.get());
    const Peer peer(Address::loopback(family, 0));
    peer.send("before", local);  // waits in the socket
    const DatagramSocket socket(loop, std::move(fd), handler);
    cr_expect(socket.local() == Endpoint(sluice::Scheme::udp, local));
    turn_until(loop, [&] { return !handler.received.empty(); });
    cr_expect(handler.received[0].data == "before");
    cr_expect(handler.received[0].to == local);
    cr_expect(peer.receive_all().size() == 1);
    handler.received.clear();
  }
}

Test(datagram_open, adopts_a_socket_of_both_families) {
  Loop loop(backend_options());
  Recorder handler;
  handler.then = answer_with_the_same;
  Fd fd(::socket(AF_INET6, SOCK_DGRAM, 0));
  const int off = 0;
  cr_assert(::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0);
  const Address any = Address::any(AF_INET6, 0);
  cr_assert(::bind(fd.get(), any.data(), any.size()) == 0);
  const DatagramSocket socket(loop, std::move(fd), handler);
  const std::uint16_t port = socket.local().address().port();
  cr_expect(socket.local().to_string() == "udp://*:" + std::to_string(port));
  const Peer v4;
  v4.send("four", ip("127.0.0.1", port));
  turn_until(loop, [&] { return !handler.received.empty(); });
  cr_expect(handler.received[0].from == v4.address(), "it is an IPv4 address");
  cr_expect(handler.received[0].to == ip("127.0.0.1", port));
  cr_expect(v4.receive_all().size() == 1);
}

Test(datagram_open, an_adopted_socket_gets_the_options_and_does_not_block) {
  Loop loop(backend_options());
  Recorder handler;
  Fd fd = bound_by_hand(Address::loopback(AF_INET, 0));
  const Fd other(::dup(fd.get()));
  DatagramOptions options;
  options.broadcast = true;
  const DatagramSocket socket(loop, std::move(fd), handler, options);
  int value = 0;
  socklen_t size = sizeof value;
  cr_assert(::getsockopt(other.get(), SOL_SOCKET, SO_BROADCAST, &value, &size) == 0);
  cr_expect(value == 1);
  cr_expect((::fcntl(other.get(), F_GETFL) & O_NONBLOCK) != 0);
}

Test(datagram_open, adopts_nothing_but_an_unconnected_udp_socket_with_a_port) {
  expect_not_adopted(Fd(::socket(AF_INET, SOCK_DGRAM, 0)), EINVAL, "is not bound to a port");
  expect_not_adopted(Fd(::socket(AF_INET, SOCK_STREAM, 0)), EINVAL, "is not a UDP socket");
  expect_not_adopted(Fd(::socket(AF_UNIX, SOCK_DGRAM, 0)), EINVAL, "is not a UDP socket");
  expect_not_adopted(Fd(::open("/dev/null", O_RDWR)), ENOTSOCK, "is not a socket");
  const Peer peer;
  Fd connected = bound_by_hand(Address::loopback(AF_INET, 0));
  const Address to = peer.address();
  cr_assert(::connect(connected.get(), to.data(), to.size()) == 0);
  expect_not_adopted(std::move(connected), EISCONN, "is connected to a peer");
}

Test(datagram_open, throws_if_it_cannot_connect) {
  Loop loop(backend_options());
  Recorder handler;
  try {
    // Without SO_BROADCAST the system does not let a socket connect to a broadcast address.
    DatagramSocket::connect(loop, Endpoint::from("udp://255.255.255.255:7"), handler);
    cr_assert_fail("nothing was thrown");
  } catch (const std::system_error& error) {
    cr_expect(starts_with(error, "connect udp://255.255.255.255:7"), "%s", error.what());
  }
}

Test(datagram_open, receives_from_both_families_on_a_star) {
  World world("udp://*:0");
  world.handler.then = answer_with_the_same;
  const Peer v4;
  const Peer v6(Address::loopback(AF_INET6, 0));
  v4.send("four", world.at("127.0.0.1"));
  world.turn_until_heard(1);
  v6.send("six", world.at("::1"));
  world.turn_until_heard(2);
  cr_expect(world.handler.received[0].from == v4.address(), "it is an IPv4 address");
  cr_expect(world.handler.received[0].to == world.at("127.0.0.1"));
  cr_expect(world.handler.received[1].from == v6.address());
  cr_expect(world.handler.received[1].to == world.at("::1"));
  cr_expect(v4.receive_all().size() == 1);
  cr_expect(v6.receive_all().size() == 1);
  cr_expect(world.socket.local().any_family());
}

Test(datagram_open, sends_to_ipv4_addresses_on_a_star) {
  World world("udp://*:0");
  const Peer v4;
  world.socket.send_to(bytes_of("plain"), v4.address());
  world.socket.send_to(bytes_of("mapped"), ip("::ffff:127.0.0.1", v4.address().port()));
  world.loop.poll();
  cr_expect(v4.receive_all().size() == 2);
  world.socket.send_to(bytes_of(std::string(65'508, 'x')), v4.address());
  world.loop.poll();
  cr_assert(world.handler.failed.size() == 1);
  cr_expect(world.handler.failed[0].to == v4.address(), "it is an IPv4 address");
}

Test(datagram_open, uses_ipv4_on_a_star_if_there_is_no_ipv6) {
  lose_ipv6();
  World world("udp://*:0");
  cr_expect(world.socket.local().address().family() == AF_INET);
  cr_expect(world.socket.local().to_string().rfind("udp://*:", 0) == 0);
  const Peer v4;
  v4.send("four", world.at("127.0.0.1"));
  world.turn_until_heard(1);
}

Test(datagram_open, throws_if_there_is_no_ipv6) {
  lose_ipv6();
  Loop loop(backend_options());
  const auto error = failure_of(loop, "udp://[::1]:0");
  cr_expect(error.code() == std::errc::address_family_not_supported);
  cr_expect(starts_with(error, "socket udp://[::1]:0"), "%s", error.what());
}

Test(datagram_open, receives_no_ipv4_on_the_ipv6_wildcard) {
  World six("udp://[::]:0");
  const World four(("udp://0.0.0.0:" + std::to_string(six.at("::1").port())).c_str());
  const Peer v6(Address::loopback(AF_INET6, 0));
  v6.send("six", six.at("::1"));
  six.turn_until_heard(1);
  six.socket.send_to(bytes_of("x"), Peer().address());
  six.loop.poll();
  cr_assert(six.handler.failed.size() == 1);
  cr_expect(six.handler.failed[0].error == std::errc::network_unreachable);
}

Test(datagram_open, lets_sockets_share_a_port_with_the_option) {
  DatagramOptions options;
  options.reuse_port = true;
  World first("udp://127.0.0.1:0", options);
  const std::string taken = first.socket.local().to_string();
  const World second(taken.c_str(), options);
  cr_expect(failure_of(first.loop, taken).code() == std::errc::address_in_use);
}

Test(datagram_open, requests_the_receive_buffer_of_the_options) {
  DatagramOptions options;
  options.receive_buffer = 20'000;
  const World small("udp://127.0.0.1:0", options);
  const World usual("udp://127.0.0.1:0");
  cr_expect(small.socket.receive_buffer() >= 20'000);
  cr_expect(small.socket.receive_buffer() <= 40'000);
  cr_expect(usual.socket.receive_buffer() > 40'000);
}

Test(datagram_open, throws_for_the_receive_buffer_of_a_closed_socket) {
  World world("udp://127.0.0.1:0");
  world.socket.close();
  cr_assert_throw(static_cast<void>(world.socket.receive_buffer()), std::system_error);
}

Test(datagram_open, opens_non_blocking_close_on_exec_descriptors) {
  Loop loop(backend_options());
  Recorder handler;
  const int first = ::dup(0);
  ::close(first);
  const DatagramSocket socket(loop, Endpoint::from("udp://127.0.0.1:0"), handler);
  cr_expect((::fcntl(first, F_GETFL) & O_NONBLOCK) != 0);
  cr_expect((::fcntl(first, F_GETFD) & FD_CLOEXEC) != 0);
}
