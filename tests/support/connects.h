// The peers of a connector: one that listens, one that refuses, and one that never answers.
#ifndef SLUICE_TESTS_SUPPORT_CONNECTS_H
#define SLUICE_TESTS_SUPPORT_CONNECTS_H

#include <fcntl.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "streams.h"
#include <sluice/address.h>
#include <sluice/connector.h>
#include <sluice/fd.h>
#include <sluice/loop.h>

namespace sluice::test {

// A bound socket that does not listen. Its port stays reserved, and connections to it are refused.
class Refusing {
 public:
  explicit Refusing(const Address& at = Address::loopback(AF_INET, 0))
      : socket_(::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    cr_assert(::bind(socket_.get(), at.data(), at.size()) == 0, "bind: errno %d", errno);
    address_ = Address::local_of(socket_.get());
  }
  [[nodiscard]] const Address& address() const { return address_; }
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  Fd socket_;
  Address address_;
};

class Listening : public Refusing {
 public:
  explicit Listening(const Address& at = Address::loopback(AF_INET, 0), int backlog = 8)
      : Refusing(at) {
    cr_assert(::listen(fd(), backlog) == 0);
  }
  // Empty if nobody waits.
  [[nodiscard]] Fd accept() const { return Fd(::accept(fd(), nullptr, nullptr)); }
  // The same for a client that will connect soon.
  [[nodiscard]] Fd accept_soon() const {
    pollfd ready{.fd = fd(), .events = POLLIN, .revents = 0};
    (void)::poll(&ready, 1, 5000);
    return accept();
  }
};

// Accepts each connection and resets it at once.
class Resetting : public Listening {
 public:
  enum class First { nothing, end };  // what the peer gets before the reset

  explicit Resetting(First first = First::nothing)
      : Listening(Address::loopback(AF_INET, 0), 256), thread_([this, first] { serve(first); }) {}
  Resetting(const Resetting&) = delete;
  Resetting& operator=(const Resetting&) = delete;
  ~Resetting() {
    over_ = true;
    ::shutdown(fd(), SHUT_RDWR);  // wakes poll()
    thread_.join();
  }
  [[nodiscard]] unsigned accepted() const noexcept { return accepted_; }

 private:
  void serve(First first) {
    while (!over_) {
      pollfd ready{.fd = fd(), .events = POLLIN, .revents = 0};
      (void)::poll(&ready, 1, -1);
      for (Fd peer = accept(); peer; peer = accept()) {
        if (first == First::end) ::shutdown(peer.get(), SHUT_WR);
        ++accepted_;
        close_by_reset(peer);
      }
    }
  }

  std::atomic<bool> over_{false};
  std::atomic<unsigned> accepted_{0};
  std::thread thread_;
};

// A full backlog drops further SYNs.
class BlackHole : public Listening {
 public:
  explicit BlackHole(const Address& at = Address::loopback(AF_INET, 0)) : Listening(at, 0) {
    for (Fd& filler : fillers_) {
      filler.reset(::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)::connect(filler.get(), address().data(), address().size());
    }
  }
  // When a client retransmits, which takes a second on Linux, it is answered.
  void open() {
    for (Fd& filler : fillers_) filler.reset();
    cr_assert(accept().get() >= 0);
  }

 private:
  Fd fillers_[2];
};

// The result of a connector.
struct Outcome {
  int calls = 0;
  Fd socket;
  std::optional<ConnectError> error;

  void start(Connector& connector, std::vector<Address> addresses) {
    connector.start_socket(
        std::move(addresses),
        [this](Fd connected) {
          ++calls;
          socket = std::move(connected);
        },
        [this](const ConnectError& failed) {
          ++calls;
          error = failed;
        });
  }
  [[nodiscard]] int error_of(std::size_t index) const {
    cr_assert(error && index < error->failures.size());
    cr_assert(error->failures[index].error.category() == std::generic_category());
    return error->failures[index].error.value();
  }
  [[nodiscard]] Address peer() const {
    cr_assert(socket.get() >= 0, "%s", error ? error->message().c_str() : "not called");
    Address peer;
    socklen_t size = Address::capacity();
    cr_assert(::getpeername(socket.get(), peer.data(), &size) == 0);
    peer.set_size(size);
    return peer;
  }
};

inline Outcome outcome_of(Loop& loop, std::vector<Address> addresses,
                          const ConnectorOptions& options = {}) {
  Outcome outcome;
  Connector connector(loop, options);
  outcome.start(connector, std::move(addresses));
  cr_expect(connector.running());
  turn_until(
      loop, [&] { return outcome.calls > 0; }, "the connector's answer");
  cr_expect(!connector.running());
  cr_expect(outcome.calls == 1);
  return outcome;
}

// Whether the other end has closed: an end, or a reset.
inline bool is_closed_by_peer(const Fd& accepted) {
  cr_assert(accepted.get() >= 0, "nobody was there");
  pollfd ready{.fd = accepted.get(), .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, 5000) != 1) return false;
  char byte;
  return ::recv(accepted.get(), &byte, 1, MSG_DONTWAIT) <= 0;
}

}  // namespace sluice::test

#endif
