// The list of the system's interfaces, and the last address of a network.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/network_namespace.h"
#include <sluice/interfaces.h>

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using sluice::interface_addresses;
using sluice::InterfaceAddress;

namespace {

std::optional<std::uint32_t> last_of(const char* address, std::uint32_t netmask) {
  InterfaceAddress one;
  one.address = ip(address);
  one.netmask = netmask;
  return one.last_of_network();
}

const InterfaceAddress* find(const std::vector<InterfaceAddress>& list,
                             const std::string& address) {
  for (const InterfaceAddress& one : list) {
    if (one.address == ip(address)) return &one;
  }
  return nullptr;
}

}  // namespace

Test(interfaces, return_the_last_address_of_a_network) {
  cr_expect(last_of("192.0.2.1", 0xffff'ff00) == 0xc000'02ffU);
  cr_expect(last_of("192.0.2.1", 0xffff'ff80) == 0xc000'027fU);
  cr_expect(last_of("192.0.2.1", 0xffff'fffc) == 0xc000'0203U);
}

Test(interfaces, return_no_last_address_for_a_network_of_one_or_two) {
  cr_expect(!last_of("192.0.2.1", 0xffff'fffe));
  cr_expect(!last_of("192.0.2.1", 0xffff'ffff));
  cr_expect(!last_of("2001:db8::1", 0xffff'ff00));
}

Test(interfaces, are_listed_with_their_addresses_and_flags) {
  enter_network_namespace();
  const TestInterface wire("wire", "10.9.1.1");
  const PointToPoint link("link", "10.9.2.1");
  static_cast<void>(wire.link_local());
  const auto list = interface_addresses();
  cr_assert(list.has_value());
  const InterfaceAddress* const four = find(*list, "10.9.1.1");
  cr_assert(four != nullptr);
  cr_expect(four->interface == "wire");
  cr_expect(four->index == wire.index());
  cr_expect(four->up && four->broadcast && four->multicast && !four->loopback);
  cr_expect(four->netmask == 0xffff'ff00U);
  cr_expect(four->address.port() == 0);
  const InterfaceAddress* const six = find(*list, wire.link_local());
  cr_assert(six != nullptr);
  cr_expect(six->index == wire.index());
  cr_expect(!six->netmask && !six->last_of_network());
  const InterfaceAddress* const other = find(*list, "10.9.2.1");
  cr_assert(other != nullptr);
  cr_expect(!other->broadcast && !other->configured_broadcast);
  const InterfaceAddress* const loopback = find(*list, "127.0.0.1");
  cr_assert(loopback != nullptr);
  cr_expect(loopback->loopback && !loopback->broadcast && loopback->up);
}

// Without one, getifaddrs() reports the address itself.
Test(interfaces, have_no_broadcast_address_unless_one_is_configured) {
  enter_network_namespace();
  const TestInterface wire("wire", "10.9.1.1");
  cr_expect(find(*interface_addresses(), "10.9.1.1")->configured_broadcast == 0x0a09'01ffU);
  wire.set_broadcast("0.0.0.0");
  const auto list = interface_addresses();
  const InterfaceAddress* const four = find(*list, "10.9.1.1");
  cr_assert(four != nullptr);
  cr_expect(four->broadcast);
  cr_expect(!four->configured_broadcast);
  cr_expect(four->last_of_network() == 0x0a09'01ffU);
}

Test(interfaces, disappear_from_the_list_when_they_are_removed) {
  enter_network_namespace();
  {
    const TestInterface wire("wire", "10.9.1.1");
    cr_expect(find(*interface_addresses(), "10.9.1.1") != nullptr);
  }
  cr_expect(find(*interface_addresses(), "10.9.1.1") == nullptr);
}
