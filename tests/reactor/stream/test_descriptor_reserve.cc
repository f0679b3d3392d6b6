// The spare descriptor: refusing newcomers when no descriptor is left.
#include <sys/socket.h>

#include <cerrno>

#include <criterion/criterion.h>

#include "reactor/stream/descriptor_reserve.h"
#include "support/descriptors.h"
#include "support/streams.h"

using namespace sluice;
using namespace sluice::test;

namespace {

struct Server {
  Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  Address address = Address::loopback(AF_INET, 0);

  Server() {
    cr_assert(::bind(fd.get(), address.data(), address.size()) == 0);
    cr_assert(::listen(fd.get(), 16) == 0);
    address = Address::local_of(fd.get());
  }
};

// The newcomer sees its connection end, in order or by a reset.
bool is_turned_away(Peer& peer) {
  pollfd ready{.fd = peer.fd(), .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, 5000) != 1) return false;
  (void)peer.waiting();
  return peer.ended();
}

}  // namespace

Test(descriptor_reserve, refuses_a_newcomer_when_no_descriptor_is_left) {
  const Server server;
  DescriptorReserve reserve;
  Peer peer(server.address);
  const Hoard hoard;
  cr_assert(::accept(server.fd.get(), nullptr, nullptr) == -1);
  cr_assert(errno == EMFILE);
  cr_expect(reserve.turn_away(server.fd.get()));
  cr_expect(is_turned_away(peer));
}

Test(descriptor_reserve, has_its_descriptor_back_afterwards) {
  const Server server;
  DescriptorReserve reserve;
  Peer first(server.address);
  Peer second(server.address);
  const Hoard hoard;
  cr_expect(reserve.turn_away(server.fd.get()));
  cr_expect(reserve.held());
  cr_expect(reserve.turn_away(server.fd.get()));
  cr_expect(is_turned_away(first));
  cr_expect(is_turned_away(second));
}

Test(descriptor_reserve, returns_that_nobody_waits) {
  const Server server;
  DescriptorReserve reserve;
  const Hoard hoard;
  cr_expect(not reserve.turn_away(server.fd.get()));
  cr_expect(errno == EAGAIN);
  cr_expect(reserve.held());
}

Test(descriptor_reserve, gets_its_descriptor_later_if_there_was_none) {
  const Server server;
  Peer peer(server.address);
  Hoard hoard;
  DescriptorReserve reserve;
  cr_expect(not reserve.held());
  cr_expect(not reserve.turn_away(server.fd.get()));
  cr_expect(errno == EMFILE);
  hoard.give(1);
  reserve.refill();
  cr_expect(reserve.held());
  cr_expect(reserve.turn_away(server.fd.get()));
  cr_expect(is_turned_away(peer));
}
