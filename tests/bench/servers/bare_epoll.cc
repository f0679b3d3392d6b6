// An echo server on epoll alone.
//   echo  no timeouts
//   idle  connections in order of their last activity; epoll_wait sleeps until the first one is due
#include <unistd.h>

#include <array>
#include <chrono>
#include <list>

#include "../common.h"
#include "echo_stream.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int descriptor;
  bench::EchoStream stream;
  bench::Next next = bench::Next::readable;
  Clock::time_point last_activity;
  std::list<Connection>::iterator self;
};

class Server {
 public:
  explicit Server(bool timed) : timed_(timed), listener_(bench::listen_tcp()) {
    epoll_.add(listener_, EPOLLIN, nullptr);
    bench::announce(listener_);
  }

  [[noreturn]] void run() {
    for (;;) {
      const auto events = epoll_.wait(milliseconds_to_wait());
      if (timed_) now_ = Clock::now();
      for (const epoll_event& event : events) {
        if (event.data.ptr == nullptr) {
          accept_all();
        } else {
          serve(*static_cast<Connection*>(event.data.ptr));
        }
      }
      if (timed_) close_expired();
    }
  }

 private:
  static constexpr std::chrono::seconds kTimeout{bench::kIdleSeconds};

  int milliseconds_to_wait() const {
    if (!timed_ || connections_.empty()) return -1;
    const auto left = connections_.front().last_activity + kTimeout - Clock::now();
    if (left <= Clock::duration::zero()) return 0;
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
  }

  void accept_all() {
    for (int fd = bench::accept_tcp(listener_); fd >= 0; fd = bench::accept_tcp(listener_)) {
      Connection& connection = connections_.emplace_back();
      connection.descriptor = fd;
      connection.last_activity = now_;
      connection.self = std::prev(connections_.end());
      epoll_.add(fd, EPOLLIN, &connection);
    }
  }

  void serve(Connection& connection) {
    const bench::Next next = connection.next == bench::Next::readable
                                 ? connection.stream.on_readable(connection.descriptor, scratch_)
                                 : connection.stream.on_writable(connection.descriptor);
    if (next == bench::Next::closed) {
      close_connection(connection);
      return;
    }
    if (next != connection.next) {
      connection.next = next;
      epoll_.modify(connection.descriptor, next == bench::Next::readable ? EPOLLIN : EPOLLOUT,
                    &connection);
    }
    if (timed_) {
      connection.last_activity = now_;
      connections_.splice(connections_.end(), connections_, connection.self);
    }
  }

  void close_connection(Connection& connection) {
    close(connection.descriptor);
    connections_.erase(connection.self);
  }

  void close_expired() {
    while (!connections_.empty() && connections_.front().last_activity + kTimeout <= now_) {
      close_connection(connections_.front());
    }
  }

  const bool timed_;
  const int listener_;
  bench::Epoll epoll_;
  std::list<Connection> connections_;
  Clock::time_point now_ = Clock::now();
  std::array<char, bench::kReadSize> scratch_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = bench::parse_mode(argc, argv, {"echo", "idle"});
  bench::prepare_process();
  Server(mode == "idle").run();
}
