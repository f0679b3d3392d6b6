// A plain UDP socket in the same thread as a loop: a client.
#ifndef SLUICE_TESTS_SUPPORT_UDP_PROBE_H
#define SLUICE_TESTS_SUPPORT_UDP_PROBE_H

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <criterion/criterion.h>

#include <sluice/address.h>
#include <sluice/fd.h>
#include <sluice/loop.h>

namespace sluice::test {

// An address of 127/8 that no other test process uses, for a port that several tests need.
inline Address own_loopback(std::uint16_t port) {
  const auto pid = static_cast<unsigned>(::getpid());
  const std::string text = "127." + std::to_string(100 + pid / 62'500 % 100) + "." +
                           std::to_string(pid / 250 % 250) + "." + std::to_string(1 + pid % 250);
  return *Address::from_ip(text, port);
}

class UdpProbe {
 public:
  explicit UdpProbe(const Address& local = Address::loopback(AF_INET, 0))
      : fd_(::socket(local.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    cr_assert(static_cast<bool>(fd_), "socket: errno %d", errno);
    cr_assert(::bind(fd_.get(), local.data(), local.size()) == 0, "bind %s: errno %d",
              local.to_string().c_str(), errno);
  }

  [[nodiscard]] Address address() const { return Address::local_of(fd_.get()); }

  void allow_broadcast() const {
    const int on = 1;
    cr_assert(::setsockopt(fd_.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0);
  }

  void send(std::string_view bytes, const Address& to) const {
    const ssize_t sent = ::sendto(fd_.get(), bytes.data(), bytes.size(), 0, to.data(), to.size());
    cr_assert(sent == static_cast<ssize_t>(bytes.size()), "sendto: errno %d", errno);
  }

  // The datagram that is there already.
  [[nodiscard]] std::optional<std::string> waiting() const {
    std::string bytes(65'536, '\0');
    const ssize_t count = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
  }

  // Runs turns of the loop until a datagram arrives. Fails the test if none arrives within the time
  // of a slow machine.
  [[nodiscard]] std::string receive(Loop& loop) const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < give_up) {
      loop.poll();
      pollfd ready{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 1) == 1) return *waiting();
    }
    cr_assert_fail("no datagram came");
    return {};
  }

  [[nodiscard]] std::string ask(Loop& loop, std::string_view bytes, const Address& to) const {
    send(bytes, to);
    return receive(loop);
  }

 private:
  Fd fd_;
};

}  // namespace sluice::test

#endif
