// The broadcast addresses of this host's networks, as the system has them now.
#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>

#include <criterion/criterion.h>

#include <sluice/fd.h>
#include <sluice/loop.h>
#include <sluice/own_broadcasts.h>

using sluice::Fd;
using sluice::Loop;
using sluice::LoopOptions;
using sluice::OwnBroadcasts;

namespace {

std::uint32_t number(const char* text) {
  in_addr address{};
  cr_assert(::inet_pton(AF_INET, text, &address) == 1);
  return ntohl(address.s_addr);
}

void set(const char* interface, unsigned long what, const char* text) {
  const Fd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, interface, sizeof request.ifr_name - 1);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  cr_assert(::inet_pton(AF_INET, text, &address.sin_addr) == 1);
  std::memcpy(&request.ifr_addr, &address, sizeof address);
  cr_assert(::ioctl(fd.get(), what, &request) == 0, "ioctl: errno %d", errno);
}

// The network of the loopback interface in a network namespace of this process.
void set_network(const char* address, const char* mask) {
  set("lo", SIOCSIFADDR, address);
  set("lo", SIOCSIFNETMASK, mask);
}

bool own_name_space() {
  return ::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

}  // namespace

Test(own_broadcasts, contain_that_of_each_interface) {
  Loop loop(LoopOptions{.virtual_time = true});
  OwnBroadcasts broadcasts(loop);
  ifaddrs* first = nullptr;
  cr_assert(::getifaddrs(&first) == 0);
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET) continue;
    if ((entry->ifa_flags & IFF_BROADCAST) == 0 || entry->ifa_broadaddr == nullptr) continue;
    const auto* own = reinterpret_cast<const sockaddr_in*>(entry->ifa_broadaddr);
    cr_expect(broadcasts.contains(ntohl(own->sin_addr.s_addr)), "of %s", entry->ifa_name);
  }
  ::freeifaddrs(first);
}

Test(own_broadcasts, contain_that_of_loopback_but_no_address_of_a_host) {
  Loop loop(LoopOptions{.virtual_time = true});
  OwnBroadcasts broadcasts(loop);
  cr_expect(broadcasts.contains(number("127.255.255.255")));
  cr_expect(!broadcasts.contains(number("127.0.0.1")));
  cr_expect(!broadcasts.contains(number("127.0.0.255")));
  cr_expect(!broadcasts.contains(number("8.8.8.8")));
}

Test(own_broadcasts, depend_on_the_netmask) {
  if (!own_name_space()) cr_skip("no network name space of its own");
  set_network("192.0.2.1", "255.255.255.128");
  Loop loop(LoopOptions{.virtual_time = true});
  OwnBroadcasts broadcasts(loop);
  cr_expect(broadcasts.contains(number("192.0.2.127")));
  cr_expect(!broadcasts.contains(number("192.0.2.255")));
  cr_expect(!broadcasts.contains(number("192.0.2.1")));
}

Test(own_broadcasts, contain_none_for_a_network_of_two) {
  if (!own_name_space()) cr_skip("no network name space of its own");
  set_network("192.0.2.1", "255.255.255.254");
  Loop loop(LoopOptions{.virtual_time = true});
  OwnBroadcasts broadcasts(loop);
  cr_expect(!broadcasts.contains(number("192.0.2.1")));
  cr_expect(!broadcasts.contains(number("192.0.2.0")));
}

Test(own_broadcasts, contain_a_configured_one_that_is_not_the_last_address) {
  if (!own_name_space()) cr_skip("no network name space of its own");
  // A TAP interface, because loopback allows no broadcast address; it lasts as long as its
  // descriptor.
  const Fd tap(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  ifreq request{};
  std::strncpy(request.ifr_name, "wire", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (!tap || ::ioctl(tap.get(), TUNSETIFF, &request) != 0) cr_skip("no TAP device");
  set("wire", SIOCSIFADDR, "192.0.2.1");
  set("wire", SIOCSIFNETMASK, "255.255.255.0");
  set("wire", SIOCSIFBRDADDR, "192.0.2.99");
  Loop loop(LoopOptions{.virtual_time = true});
  OwnBroadcasts broadcasts(loop);
  cr_expect(broadcasts.contains(number("192.0.2.99")));
  cr_expect(broadcasts.contains(number("192.0.2.255")));
  cr_expect(!broadcasts.contains(number("192.0.2.98")));
}

Test(own_broadcasts, contain_no_address_that_was_configured_without_one) {
  if (!own_name_space()) cr_skip("no network name space of its own");
  const Fd tap(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  ifreq request{};
  std::strncpy(request.ifr_name, "wire", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (!tap || ::ioctl(tap.get(), TUNSETIFF, &request) != 0) cr_skip("no TAP device");
  set("wire", SIOCSIFADDR, "192.0.2.1");
  for (const char* mask : {"255.255.255.0", "255.255.255.255"}) {
    set("wire", SIOCSIFNETMASK, mask);
    set("wire", SIOCSIFBRDADDR, "0.0.0.0");
    Loop loop(LoopOptions{.virtual_time = true});
    OwnBroadcasts broadcasts(loop);
    cr_expect(!broadcasts.contains(number("192.0.2.1")), "netmask %s", mask);
    cr_expect(!broadcasts.contains(0));
  }
}

Test(own_broadcasts, notice_a_new_network_after_some_seconds) {
  if (!own_name_space()) cr_skip("no network name space of its own");
  set_network("192.0.2.1", "255.255.255.0");
  Loop loop(LoopOptions{.virtual_time = true});
  OwnBroadcasts broadcasts(loop);
  cr_expect(broadcasts.contains(number("192.0.2.255")));
  set_network("198.51.100.1", "255.255.255.0");
  loop.advance(OwnBroadcasts::kMaxAge - std::chrono::milliseconds(1));
  cr_expect(broadcasts.contains(number("192.0.2.255")));
  cr_expect(!broadcasts.contains(number("198.51.100.255")));
  loop.advance(std::chrono::milliseconds(1));
  cr_expect(!broadcasts.contains(number("192.0.2.255")));
  cr_expect(broadcasts.contains(number("198.51.100.255")));
}
