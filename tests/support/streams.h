// Stream connections for tests: a handler that keeps a journal, and the plain socket at the other
// end, in the same thread as the loop.
#ifndef SLUICE_TESTS_SUPPORT_STREAMS_H
#define SLUICE_TESTS_SUPPORT_STREAMS_H

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <criterion/criterion.h>

#include "slowness.h"
#include <sluice/address.h>
#include <sluice/connection.h>
#include <sluice/fd.h>
#include <sluice/loop.h>
#include <sluice/protocol.h>

namespace sluice::test {

// One object for any number of connections. A function that is not set does what Protocol does,
// except `data`, which consumes everything.
class Handler final : public Protocol {
 public:
  std::function<void(Connection&)> open;
  std::function<std::size_t(Connection&, std::string_view)> data;
  std::function<void(Connection&)> eof;
  std::function<void(Connection&)> drain;
  std::function<void(Connection&, std::error_code)> close;

  std::string journal;  // "open data eof drain close:closed in order", a word for each callback
  std::string input;    // all consumed bytes
  std::size_t closes = 0;
  std::error_code last_reason;
  bool nested = false;  // a callback other than on_open() ran inside another one

  void on_open(Connection& connection) override {
    const Running running;  // may be inside another one: adopt()
    note("open");
    if (open) open(connection);
  }
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    const Running running(nested);
    note("data");
    const std::string_view text(reinterpret_cast<const char*>(in.data()), in.size());
    const std::size_t consumed = data ? data(connection, text) : text.size();
    // Only now: the handler may use its input as long as it runs.
    input += text.substr(0, consumed);
    return consumed;
  }
  void on_eof(Connection& connection) override {
    const Running running(nested);
    note("eof");
    eof ? eof(connection) : Protocol::on_eof(connection);
  }
  void on_writable(Connection& connection) override {
    const Running running(nested);
    note("drain");
    if (drain) drain(connection);
  }
  void on_close(Connection& connection, std::error_code reason) override {
    const Running running(nested);
    note("close:" + reason.message());
    ++closes;
    last_reason = reason;
    if (close) close(connection, reason);
  }

 private:
  // The number of callbacks of all Handlers that are running.
  static int& depth() {
    static int running = 0;
    return running;
  }
  struct Running {
    Running() { ++depth(); }
    explicit Running(bool& inside) { inside = ++depth() > 1 || inside; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { --depth(); }
  };
  void note(std::string_view word) {
    if (!journal.empty()) journal += ' ';
    journal += word;
  }
};

struct Pair {
  Fd ours;
  Fd peers;
};

inline Pair unix_pair() {
  int fds[2];
  cr_assert(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

inline Pair tcp_pair(int family = AF_INET) {
  const Fd listening(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Address address = Address::loopback(family, 0);
  cr_assert(::bind(listening.get(), address.data(), address.size()) == 0);
  cr_assert(::listen(listening.get(), 1) == 0);
  address = Address::local_of(listening.get());
  Fd peers(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  cr_assert(::connect(peers.get(), address.data(), address.size()) == 0);
  Fd ours(::accept(listening.get(), nullptr, nullptr));
  cr_assert(static_cast<bool>(ours));
  return {std::move(ours), std::move(peers)};
}

// The bytes that the kernel stores on the way to the peer; the kernel doubles it.
inline void set_send_buffer(const Pair& pair, int bytes) {
  ::setsockopt(pair.ours.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}
// The bytes that the kernel stores for the peer until it reads.
inline void set_peers_receive_buffer(const Pair& pair, int bytes) {
  ::setsockopt(pair.peers.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

// Runs turns of the loop until `done`. Fails the test if that takes longer than on a slow machine.
template <class Done>
void turn_until(Loop& loop, Done&& done, const char* what = "what was waited for") {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20 * slowness());
  for (;;) {
    loop.poll();
    if (done()) return;
    cr_assert(std::chrono::steady_clock::now() < give_up, "%s did not come", what);
    ::poll(nullptr, 0, 1);
  }
}

// Enough turns for everything that is in progress on loopback.
inline void turn_a_while(Loop& loop, int turns = 20) {
  for (int i = 0; i < turns; ++i) {
    loop.poll();
    ::poll(nullptr, 0, 1);
  }
}

// The other end of a connection.
class Peer {
 public:
  explicit Peer(Fd fd) : fd_(std::move(fd)) {}
  // A client that connects to the address.
  explicit Peer(const Address& server) : fd_(::socket(server.family(), SOCK_STREAM, 0)) {
    cr_assert(::connect(fd_.get(), server.data(), server.size()) == 0, "connect: errno %d", errno);
  }

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool ended() const { return ended_; }  // the connection's side, in order or not
  [[nodiscard]] int error() const { return error_; }   // its errno, if it did not end in order

  // Sends as much as fits, and returns how much that was.
  std::size_t offer(std::string_view bytes) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  void send(std::string_view bytes) {
    const std::size_t sent = offer(bytes);
    cr_assert(sent == bytes.size(), "sent %zu of %zu: errno %d", sent, bytes.size(), errno);
  }
  // The bytes that are there already, at most `limit` of them.
  std::string waiting(std::size_t limit = static_cast<std::size_t>(-1)) {
    std::string all;
    char bytes[65536];
    while (!ended_ && all.size() < limit) {
      const std::size_t room = std::min(sizeof bytes, limit - all.size());
      const ssize_t count = ::recv(fd_.get(), bytes, room, MSG_DONTWAIT);
      if (count > 0) {
        all.append(bytes, static_cast<std::size_t>(count));
        continue;
      }
      if (count < 0 && errno == EAGAIN) break;
      ended_ = true;
      error_ = count < 0 ? errno : 0;
    }
    return all;
  }
  std::string receive(Loop& loop, std::size_t count) {
    std::string all;
    turn_until(
        loop, [&] { return (all += waiting(count - all.size())).size() == count || ended_; },
        "what the connection sends");
    return all;
  }
  // Everything until the connection's side ends.
  std::string receive_all(Loop& loop) {
    std::string all;
    turn_until(
        loop, [&] { return all += waiting(), ended_; }, "the connection's end");
    return all;
  }
  void end() const { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }

 private:
  Fd fd_;
  bool ended_ = false;
  int error_ = 0;
};

}  // namespace sluice::test

#endif
