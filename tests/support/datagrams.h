// A datagram handler that records its calls, and a plain UDP socket for the other side.
#ifndef SLUICE_TESTS_SUPPORT_DATAGRAMS_H
#define SLUICE_TESTS_SUPPORT_DATAGRAMS_H

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "text.h"
#include <sluice/address.h>
#include <sluice/datagram.h>
#include <sluice/fd.h>
#include <sluice/loop.h>

namespace sluice::test {

// Records the calls of a handler, and then calls the test's functions.
class Recorder final : public DatagramHandler {
 public:
  struct Received {
    std::string data;
    Address from;
    Address to;
    unsigned interface;
    bool truncated;
    bool unicast;
  };
  struct Failed {
    std::error_code error;
    Address to;
  };

  void on_datagram(DatagramSocket& socket, const Datagram& datagram) override {
    received.push_back({text_of(datagram.data), datagram.from, datagram.to, datagram.interface,
                        datagram.truncated, datagram.unicast});
    if (then) then(socket, datagram);
  }
  void on_error(DatagramSocket& socket, std::error_code error, const Address& to) override {
    failed.push_back({error, to});
    if (then_on_error) then_on_error(socket);
  }
  void on_writable(DatagramSocket& socket) override {
    ++writable_calls;
    if (then_on_writable) then_on_writable(socket);
  }

  std::vector<Received> received;
  std::vector<Failed> failed;
  int writable_calls = 0;
  std::function<void(DatagramSocket&, const Datagram&)> then;
  std::function<void(DatagramSocket&)> then_on_error;
  std::function<void(DatagramSocket&)> then_on_writable;
};

inline void answer_with_the_same(DatagramSocket& socket, const Datagram& datagram) {
  socket.reply(datagram, datagram.data);
}

// A plain UDP socket.
class Peer {
 public:
  struct Got {
    std::string data;
    Address from;
  };

  explicit Peer(const Address& local = Address::loopback(AF_INET, 0))
      : fd_(::socket(local.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    cr_assert(static_cast<bool>(fd_), "socket: errno %d", errno);
    cr_assert(::bind(fd_.get(), local.data(), local.size()) == 0, "bind %s: errno %d",
              local.to_string().c_str(), errno);
  }

  [[nodiscard]] Address address() const { return Address::local_of(fd_.get()); }

  template <class Value>
  void set(int level, int option, const Value& value) const {
    cr_assert(::setsockopt(fd_.get(), level, option, &value, sizeof value) == 0,
              "setsockopt(%d): errno %d", option, errno);
  }

  void send(std::string_view data, const Address& to) const {
    const ssize_t sent = ::sendto(fd_.get(), data.data(), data.size(), 0, to.data(), to.size());
    cr_assert(sent == static_cast<ssize_t>(data.size()), "sendto %s: errno %d",
              to.to_string().c_str(), errno);
  }

  // A datagram that is there already, or arrives within `patience_ms`.
  [[nodiscard]] std::optional<Got> receive(int patience_ms = 0) const {
    pollfd ready{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, patience_ms) != 1) return std::nullopt;
    Got got{std::string(65'536, '\0'), Address()};
    socklen_t size = Address::capacity();
    const ssize_t count =
        ::recvfrom(fd_.get(), got.data.data(), got.data.size(), 0, got.from.data(), &size);
    if (count < 0) return std::nullopt;
    got.from.set_size(size);
    got.data.resize(static_cast<std::size_t>(count));
    return got;
  }

  [[nodiscard]] std::vector<std::string> receive_all() const {
    std::vector<std::string> all;
    while (auto got = receive()) all.push_back(std::move(got->data));
    return all;
  }

 private:
  Fd fd_;
};

// Runs turns of `loop` until `done()`. Fails the test if that takes longer than on a slow machine.
template <class Done>
void turn_until(Loop& loop, Done done) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done()) {
    cr_assert(std::chrono::steady_clock::now() < give_up, "the expected event did not happen");
    loop.poll();
    ::poll(nullptr, 0, 1);
  }
}

// Runs enough turns that an unwanted datagram would arrive: loopback delivers at once.
inline void turn_a_while(Loop& loop, int turns = 20) {
  for (int turn = 0; turn < turns; ++turn) {
    loop.poll();
    ::poll(nullptr, 0, 1);
  }
}

}  // namespace sluice::test

#endif
