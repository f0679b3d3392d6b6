// A peer's address in eight bytes converts back to the same address.
#include <sys/un.h>

#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/heap.h"
#include <sluice/address.h>
#include <sluice/detail/compact_address.h>

using sluice::Address;
using sluice::CompactAddress;

namespace {

Address ip(const char* text, std::uint16_t port) {
  const std::optional<Address> address = Address::from_ip(text, port);
  cr_assert(address.has_value(), "%s", text);
  return *address;
}

}  // namespace

Test(compact_address, is_eight_bytes) { cr_expect(sizeof(CompactAddress) == 8); }

Test(compact_address, is_unspecified_by_default) {
  cr_expect(CompactAddress().expand() == Address());
  cr_expect(CompactAddress(Address()).expand() == Address());
}

Test(compact_address, keeps_an_ip_address_with_its_port) {
  const std::vector<Address> addresses = {ip("0.0.0.0", 0),
                                          ip("127.0.0.1", 7007),
                                          ip("255.255.255.255", 65535),
                                          ip("1.2.3.4", 0x1234),
                                          ip("128.0.0.1", 0x8000),
                                          ip("::", 0),
                                          ip("::1", 7007),
                                          ip("2001:db8:1:2:3:4:5:6", 65535),
                                          ip("::ffff:1.2.3.4", 1),
                                          ip("fe80::1%7", 53)};
  for (const Address& address : addresses) {
    const CompactAddress compact(address);
    const Address back = compact.expand();
    cr_expect(back == address, "%s read back as %s", address.to_string().c_str(),
              back.to_string().c_str());
    cr_expect(back.to_string() == address.to_string());
    cr_expect(back.size() == address.size());
    cr_expect(back.port() == address.port());
    cr_expect(back.scope_id() == address.scope_id());
    cr_expect(back.family() == address.family());
  }
}

Test(compact_address, keeps_the_flow_label) {
  Address address = ip("::1", 7007);
  reinterpret_cast<sockaddr_in6*>(address.data())->sin6_flowinfo = htonl(0xabcde);
  const Address back = CompactAddress(address).expand();
  cr_expect(reinterpret_cast<const sockaddr_in6*>(back.data())->sin6_flowinfo == htonl(0xabcde));
}

Test(compact_address, keeps_a_unix_peer_without_its_path) {
  const std::size_t blocks = heap::live_blocks();
  const std::optional<Address> named = Address::from_path("/run/x.sock");
  cr_assert(named.has_value());
  const CompactAddress compact(*named);
  cr_expect(compact.expand().is_unix());
  cr_expect(compact.expand().path().empty());
  cr_expect(compact.expand().to_string() == "(unnamed)");
  sockaddr_un unnamed{};
  unnamed.sun_family = AF_UNIX;
  const Address no_name(reinterpret_cast<const sockaddr*>(&unnamed), sizeof(sa_family_t));
  cr_expect(CompactAddress(no_name).expand() == no_name);
  cr_expect(heap::live_blocks() == blocks);
}

Test(compact_address, allocates_only_for_ipv6) {
  const std::size_t blocks = heap::live_blocks();
  {
    const CompactAddress v4(ip("127.0.0.1", 7007));
    cr_expect(heap::live_blocks() == blocks);
    const CompactAddress v6(ip("::1", 7007));
    cr_expect(heap::live_blocks() == blocks + 1);
  }
  cr_expect(heap::live_blocks() == blocks);
}

Test(compact_address, is_unspecified_after_a_move) {
  for (const Address& address : {ip("127.0.0.1", 1), ip("::1", 2)}) {
    const std::size_t blocks = heap::live_blocks();
    {
      CompactAddress from(address);
      const CompactAddress to(std::move(from));
      cr_expect(to.expand() == address);
      // NOLINTNEXTLINE(bugprone-use-after-move): the state is promised
      cr_expect(from.expand() == Address());
    }
    cr_expect(heap::live_blocks() == blocks);
  }
  static_assert(!std::is_copy_constructible_v<CompactAddress>, "two would free one block");
  static_assert(!std::is_copy_assignable_v<CompactAddress>);
}

Test(compact_address, frees_its_memory_when_another_is_moved_in) {
  const std::size_t blocks = heap::live_blocks();
  {
    CompactAddress to(ip("::1", 1));
    to = CompactAddress(ip("::2", 2));
    cr_expect(heap::live_blocks() == blocks + 1);
    cr_expect(to.expand() == ip("::2", 2));
    to = CompactAddress(ip("127.0.0.1", 3));
    cr_expect(heap::live_blocks() == blocks);
    to = CompactAddress(ip("::3", 3));
    cr_expect(to.expand() == ip("::3", 3));
    CompactAddress& same = to;
    to = std::move(same);
    cr_expect(to.expand() == ip("::3", 3));
  }
  cr_expect(heap::live_blocks() == blocks);
}

Test(compact_address, reports_a_shortage_of_memory) {
  const Address address = ip("::1", 1);
  bool threw = false;
  {
    const heap::Shortage shortage;
    try {
      const CompactAddress compact(address);
    } catch (const std::bad_alloc&) {
      threw = true;
    }
  }
  cr_expect(threw);
}
