// The socket that connects: how it is made, and how its result is read.
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <string>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/connects.h"
#include "support/descriptors.h"
#include "support/network_namespace.h"
#include "support/scratch.h"
#include <sluice/detail/connect_socket.h>

using namespace sluice;
using namespace sluice::test;

namespace {

int connect_to(const Fd& socket, const Address& to) {
  return ::connect(socket.get(), to.data(), to.size()) == 0 ? 0 : errno;
}

bool wait_until_decided(const Fd& socket) {
  pollfd ready{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  return ::poll(&ready, 1, 5000) == 1;
}

struct Opened {
  Fd socket;
  const char* call = "";
  int error = 0;
  explicit Opened(const Address& to, const ConnectFrom& from = {}) {
    error = open_connect_socket(socket, to, from, &call);
  }
};

// A socket that is connected to itself: it connects to its own port.
Fd connected_to_itself(const std::string& name) {
  const int family = ip(name).family();
  const std::string any = family == AF_INET ? "0.0.0.0" : "::";
  const std::uint16_t port = Refusing(ip(any)).address().port();
  ConnectFrom from;
  from.address = ip(any, port);
  Opened opened(ip(name, port), from);
  cr_assert(opened.error == 0);
  const int error = connect_to(opened.socket, ip(name, port));
  cr_assert(error == 0 || error == EINPROGRESS, "%s: errno %d", name.c_str(), error);
  cr_assert(wait_until_decided(opened.socket));
  cr_assert(is_connected_to_itself(opened.socket.get(), ip(name, port)), "%s", name.c_str());
  return std::move(opened.socket);
}

}  // namespace

Test(connect_socket, does_not_block_and_is_closed_on_exec) {
  const Scratch scratch;
  for (const Address& to : {ip("127.0.0.1", 7), ip("::1", 7), path(scratch / "s")}) {
    const Opened opened(to);
    cr_assert(opened.error == 0);
    cr_expect((::fcntl(opened.socket.get(), F_GETFL) & O_NONBLOCK) != 0);
    cr_expect((::fcntl(opened.socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
    if (!to.is_ip()) continue;
    int on = 0;
    socklen_t size = sizeof on;
    cr_assert(::getsockopt(opened.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
    cr_expect(on != 0);
  }
}

Test(connect_socket, is_empty_after_a_failure) {
  ConnectFrom from;
  from.address = ip("192.0.2.77");
  const Opened not_ours(ip("127.0.0.1", 7), from);
  cr_expect(not_ours.error == EADDRNOTAVAIL);
  cr_expect(std::string(not_ours.call) == "bind");
  cr_expect(!not_ours.socket);
  const Opened other_family(ip("::1", 7), from);
  cr_expect(other_family.error == EAFNOSUPPORT);
  cr_expect(std::string(other_family.call) == "bind");
  const Opened no_family{Address()};
  cr_expect(no_family.error == EAFNOSUPPORT);
  cr_expect(std::string(no_family.call) == "socket");
  Fd kept(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  cr_expect(open_connect_socket(kept, Address(), {}) == EAFNOSUPPORT);
  cr_expect(!kept);
}

Test(connect_socket, returns_that_no_descriptor_is_left) {
  const Hoard hoard;
  const Opened opened(ip("127.0.0.1", 7));
  cr_expect(opened.error == EMFILE);
  cr_expect(std::string(opened.call) == "socket");
}

Test(connect_socket, binds_to_the_device) {
  enter_network_namespace();
  ConnectFrom from;
  from.device = "lo";
  const Opened opened(ip("127.0.0.1", 7), from);
  cr_assert(opened.error == 0);
  char name[IFNAMSIZ] = "";
  socklen_t size = sizeof name;
  cr_assert(::getsockopt(opened.socket.get(), SOL_SOCKET, SO_BINDTODEVICE, name, &size) == 0);
  cr_expect(std::string(name) == "lo");
}

Test(connect_socket, does_not_truncate_the_name_of_a_device) {
  enter_network_namespace();
  const TestInterface interface("fifteen-bytes-x", "10.9.1.1");
  ConnectFrom from;
  from.device = "fifteen-bytes-x";
  cr_expect(Opened(ip("127.0.0.1", 7), from).error == 0);
  from.device += "y";
  cr_expect(Opened(ip("127.0.0.1", 7), from).error == ENODEV);
  // Unix sockets have no device.
  cr_expect(Opened(path("/s"), from).error == 0);
}

Test(connect_socket, lets_several_attempts_share_a_port) {
  const Listening one;
  const Listening other;
  ConnectFrom from;
  from.address = Address::loopback(AF_INET, Refusing().address().port());
  const Opened first(one.address(), from);
  const Opened second(other.address(), from);
  cr_expect(first.error == 0);
  cr_expect(second.error == 0);
  for (const auto& [socket, to] : {std::pair(&first.socket, &one), {&second.socket, &other}}) {
    (void)connect_to(*socket, to->address());
    cr_expect(wait_until_decided(*socket));
    cr_expect(is_connected(socket->get()));
  }
}

Test(connect_socket, returns_the_result_of_a_connect) {
  const Listening listening;
  const Opened taken(listening.address());
  cr_expect(!is_connected(taken.socket.get()));
  (void)connect_to(taken.socket, listening.address());
  cr_expect(wait_until_decided(taken.socket));
  cr_expect(pending_error(taken.socket.get()) == 0);
  cr_expect(is_connected(taken.socket.get()));
  cr_expect(!is_connected_to_itself(taken.socket.get(), listening.address()));

  const Refusing refusing;
  const Opened refused(refusing.address());
  (void)connect_to(refused.socket, refusing.address());
  cr_expect(wait_until_decided(refused.socket));
  cr_expect(pending_error(refused.socket.get()) == ECONNREFUSED);
  cr_expect(!is_connected(refused.socket.get()));

  const BlackHole silent;
  const Opened waiting(silent.address());
  cr_expect(connect_to(waiting.socket, silent.address()) == EINPROGRESS);
  cr_expect(pending_error(waiting.socket.get()) == 0);
  cr_expect(!is_connected(waiting.socket.get()), "nothing is decided");
  cr_expect(pending_error(-1) == EBADF);
}

Test(connect_socket, detects_that_it_is_connected_to_itself) {
  for (const char* name : {"127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "::1%lo"}) {
    (void)connected_to_itself(name);
  }
}

Test(connect_socket, accepts_the_same_port_on_two_addresses) {
  const Listening listening(ip("127.0.0.1"));
  ConnectFrom from;
  from.address = ip("127.0.0.2", listening.address().port());
  const Opened opened(listening.address(), from);
  cr_assert(opened.error == 0);
  (void)connect_to(opened.socket, listening.address());
  cr_assert(wait_until_decided(opened.socket));
  cr_expect(is_connected(opened.socket.get()));
  cr_expect(!is_connected_to_itself(opened.socket.get(), listening.address()));
}
