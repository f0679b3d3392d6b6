#include "network_namespace.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <criterion/criterion.h>

#include <sluice/address.h>

namespace sluice::test {

namespace {

// linux/ipv6.h has it too, but does not go with netinet/in.h.
struct In6Request {
  in6_addr address;
  std::uint32_t prefix_length;
  int interface;
};

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  return request;
}

void set_ipv4(sockaddr& into, const std::string& ipv4) {
  const auto address = Address::from_ip(ipv4, 0);
  cr_assert(address.has_value());
  std::memcpy(&into, address->data(), sizeof into);
}

template <class Request>
void control(int family, unsigned long what, Request& request, const char* name) {
  const Fd fd(::socket(family, SOCK_DGRAM, 0));
  cr_assert(::ioctl(fd.get(), what, &request) == 0, "%s: errno %d", name, errno);
}

void bring_up(const std::string& interface) {
  ifreq request = request_for(interface);
  control(AF_INET, SIOCGIFFLAGS, request, "SIOCGIFFLAGS");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  control(AF_INET, SIOCSIFFLAGS, request, "SIOCSIFFLAGS");
}

// The kernel activates a new IPv6 address some time later. Packets to it before that are silently
// lost.
void wait_until_own(const Address& address) {
  for (int tries = 0; tries < 200; ++tries) {
    const Fd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), address.data(), address.size()) == 0) {
      Address local = Address::local_of(fd.get());
      local.set_port(address.port());
      if (local == address) return;
    }
    ::poll(nullptr, 0, 20);
  }
  cr_skip_test("%s is not taken into use", address.to_string().c_str());
}

// Makes a link-local address usable at once, without a second of duplicate address detection.
void trust_new_addresses() {
  const Fd fd(::open("/proc/sys/net/ipv6/conf/default/accept_dad", O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), "0", 1) != 1) cr_log_info("accept_dad: errno %d", errno);
}

// With a network of /24. It exists as long as its descriptor.
Fd make_interface(const std::string& name, const std::string& ipv4, int kind) {
  Fd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  ifreq request = request_for(name);
  request.ifr_flags = static_cast<short>(kind | IFF_NO_PI);
  cr_assert(::ioctl(fd.get(), TUNSETIFF, &request) == 0, "TUNSETIFF: errno %d", errno);
  request = request_for(name);
  set_ipv4(request.ifr_addr, ipv4);
  control(AF_INET, SIOCSIFADDR, request, "SIOCSIFADDR");
  set_ipv4(request.ifr_netmask, "255.255.255.0");
  control(AF_INET, SIOCSIFNETMASK, request, "SIOCSIFNETMASK");
  bring_up(name);
  return fd;
}

}  // namespace

void enter_network_namespace() {
  if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    cr_skip_test("this machine forbids a network namespace: %s", std::strerror(errno));
  }
  const Fd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (!tun) cr_skip_test("there is no /dev/net/tun: %s", std::strerror(errno));
  trust_new_addresses();
  bring_up("lo");
}

NetworkNamespace::NetworkNamespace() {
  enter_network_namespace();
  fd_ = Fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  cr_assert(static_cast<bool>(fd_), "/proc/self/ns/net: errno %d", errno);
}

void NetworkNamespace::enter() const {
  cr_assert(::setns(fd_.get(), CLONE_NEWNET) == 0, "setns: errno %d", errno);
}

TestInterface::TestInterface(const std::string& name, const std::string& ipv4)
    : name_(name), tap_(make_interface(name, ipv4, IFF_TAP)) {}

unsigned TestInterface::index() const { return ::if_nametoindex(name_.c_str()); }

std::string TestInterface::link_local() const {
  std::FILE* const list = std::fopen("/proc/net/if_inet6", "r");
  cr_assert(list != nullptr);
  char hex[33];
  char interface[IF_NAMESIZE + 1];
  std::string found;
  while (std::fscanf(list, "%32s %*s %*s %*s %*s %16s", hex, interface) == 2) {
    if (name_ != interface) continue;
    for (int group = 0; group < 8; ++group) {
      found.append(group == 0 ? "" : ":").append(hex + group * 4, 4);
    }
  }
  std::fclose(list);
  if (found.empty()) cr_skip_test("%s has no IPv6 link-local address", name_.c_str());
  found.append("%").append(name_);
  wait_until_own(*Address::from_ip(found, 9));
  return found;
}

void TestInterface::set_broadcast(const std::string& ipv4) const {
  ifreq request = request_for(name_);
  set_ipv4(request.ifr_broadaddr, ipv4);
  control(AF_INET, SIOCSIFBRDADDR, request, "SIOCSIFBRDADDR");
}

void TestInterface::resolve(const std::string& ipv4) const {
  arpreq request{};
  set_ipv4(request.arp_pa, ipv4);
  request.arp_ha.sa_family = ARPHRD_ETHER;
  request.arp_ha.sa_data[0] = 2;  // a locally administered address
  request.arp_flags = ATF_PERM | ATF_COM;
  name_.copy(request.arp_dev, sizeof request.arp_dev - 1);
  control(AF_INET, SIOCSARP, request, "SIOCSARP");
}

PointToPoint::PointToPoint(const std::string& name, const std::string& ipv4)
    : tun_(make_interface(name, ipv4, IFF_TUN)) {}

std::size_t PointToPoint::sent() const {
  std::array<unsigned char, 2048> packet;
  std::size_t count = 0;
  while (::read(tun_.get(), packet.data(), packet.size()) > 0) {
    if (packet[0] >> 4 == 4) ++count;
  }
  return count;
}

void Wire::carry() const {
  std::array<unsigned char, 2048> frame;
  for (const TestInterface* from : ends_) {
    for (;;) {
      const ssize_t size = ::read(from->fd(), frame.data(), frame.size());
      if (size <= 0) break;
      for (const TestInterface* to : ends_) {
        // A frame that does not fit is lost, as on any wire.
        if (to != from && ::write(to->fd(), frame.data(), static_cast<std::size_t>(size)) < 0) {
          continue;
        }
      }
    }
  }
}

void add_address(const std::string& interface, const std::string& ipv6) {
  In6Request request{};
  cr_assert(::inet_pton(AF_INET6, ipv6.c_str(), &request.address) == 1);
  request.prefix_length = 128;
  request.interface = static_cast<int>(::if_nametoindex(interface.c_str()));
  control(AF_INET6, SIOCSIFADDR, request, "SIOCSIFADDR");
  wait_until_own(*Address::from_ip(ipv6, 9));
}

}  // namespace sluice::test
