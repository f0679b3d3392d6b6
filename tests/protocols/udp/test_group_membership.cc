// A socket's groups on interfaces that appear and disappear, in a network namespace of the test.
#include <net/if.h>

#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/datagrams.h"
#include "support/network_namespace.h"
#include <sluice/datagram.h>
#include <sluice/group_membership.h>
#include <sluice/loop.h>

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using sluice::Address;
using sluice::DatagramSocket;
using sluice::Endpoint;
using sluice::GroupMembership;
using sluice::Loop;

namespace {

struct World {
  // Asks the kernel: joining twice is an error.
  bool is_member(const Address& group) {
    try {
      socket.join(group);
    } catch (const std::system_error& error) {
      return error.code() == std::errc::address_in_use;
    }
    socket.leave(group);
    return false;
  }

  Loop loop;
  Recorder handler;
  DatagramSocket socket{loop, Endpoint::from("udp://[::]:0"), handler};
  GroupMembership membership{socket};
};

struct Network {
  Network() { enter_network_namespace(); }
};

}  // namespace

Test(group_membership, joins_and_leaves_groups_as_the_list_changes) {
  const Network network;
  const TestInterface one("one", "10.9.1.1");
  const TestInterface two("two", "10.9.2.1");
  World world;
  const Address on_one = ip("ff12::77%one");
  const Address on_two = ip("ff12::77%two");
  cr_expect(!world.membership.set_groups(std::vector{on_one}));
  cr_expect(world.is_member(on_one) && !world.is_member(on_two));
  cr_expect(!world.membership.set_groups(std::vector{on_one, on_two}));
  cr_expect(world.is_member(on_one) && world.is_member(on_two));
  cr_expect(!world.membership.set_groups(std::vector{on_two}));
  cr_expect(!world.is_member(on_one) && world.is_member(on_two));
  cr_expect(world.membership.joined().size() == 1);
  cr_expect(!world.membership.set_groups({}));
  cr_expect(!world.is_member(on_two));
}

Test(group_membership, leaves_groups_on_interfaces_that_no_longer_exist) {
  const Network network;
  World world;
  // The kernel limits the memberships of a socket; all but three are in use.
  int taken = 0;
  const auto group = [](int number) { return ip("ff12::1:" + std::to_string(number), 0); };
  try {
    for (; taken < 9'999; ++taken) world.socket.join(group(taken), "lo");
  } catch (const std::system_error&) {
  }
  if (taken == 9'999) cr_skip_test("this system has room for very many places");
  for (int i = 0; i < 3; ++i) world.socket.leave(group(i), "lo");
  for (int i = 0; i < 20; ++i) {
    const TestInterface one("one", "10.9.1.1");
    const std::error_code error = world.membership.set_groups(std::vector{ip("ff12::77%one")});
    cr_assert(!error, "interface %d: %s", i, error.message().c_str());
  }
}

Test(group_membership, ignores_an_interface_that_no_longer_exists) {
  const Network network;
  World world;
  cr_expect(!world.membership.set_groups(std::vector{ip("ff12::77%4711")}));
  cr_expect(world.membership.joined().empty());
}

Test(group_membership, returns_why_a_group_cannot_be_joined) {
  World world;
  const std::error_code error = world.membership.set_groups(std::vector{ip("fe80::1%1")});
  cr_expect(error == std::errc::invalid_argument, "%s", error.message().c_str());
  cr_expect(world.membership.joined().empty());
}

Test(group_membership, works_with_a_closed_socket) {
  World world;
  cr_expect(!world.membership.set_groups(std::vector{ip("ff12::77%1")}));
  cr_assert(world.membership.joined().size() == 1);
  world.socket.close();
  cr_expect(!world.membership.set_groups({}));
  cr_expect(world.membership.joined().empty());
}
