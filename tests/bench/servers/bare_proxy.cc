// A proxy on epoll alone: what it reads from a client it writes to 127.0.0.1:BENCH_UPSTREAM, and
// back. The end of one direction is passed on, too.
//   copy    by recv() and send() through one buffer for all; what is not taken is kept
//   splice  by splice(2) through a pipe a direction
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

#include "../common.h"

namespace {

constexpr std::size_t kPipe = 1024 * 1024;

struct Direction {
  int from = -1;
  int to = -1;
  std::array<int, 2> pipe{-1, -1};
  std::size_t held = 0;      // in the pipe
  std::vector<char> unsent;  // of a copy
  bool ended = false;
};

struct Pair {
  std::array<Direction, 2> directions;
};

class Proxy {
 public:
  Proxy(bool splices, std::uint16_t upstream)
      : splices_(splices), upstream_(bench::loopback(upstream)), listener_(bench::listen_tcp()) {
    epoll_.add(listener_, EPOLLIN, nullptr);
    bench::announce(listener_);
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const epoll_event& event : epoll_.wait(-1)) {
        if (event.data.ptr == nullptr) {
          accept_all();
        } else {
          serve(*static_cast<Pair*>(event.data.ptr), (event.events & EPOLLRDHUP) != 0);
        }
      }
      gone_.clear();
    }
  }

 private:
  void accept_all() {
    for (int fd = bench::accept_tcp(listener_); fd >= 0; fd = bench::accept_tcp(listener_)) {
      const int up = bench::require(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
      bench::require(connect(up, reinterpret_cast<const sockaddr*>(&upstream_), sizeof upstream_),
                     "connect");
      bench::require(fcntl(up, F_SETFL, O_NONBLOCK), "fcntl");
      bench::set_no_delay(up);
      auto* const pair = new Pair;
      pair->directions[0].from = pair->directions[1].to = fd;
      pair->directions[0].to = pair->directions[1].from = up;
      for (Direction& each : pair->directions) {
        if (!splices_) continue;
        bench::require(pipe2(each.pipe.data(), O_NONBLOCK | O_CLOEXEC), "pipe2");
        (void)fcntl(each.pipe[1], F_SETPIPE_SZ, kPipe);
      }
      // By edges: each direction goes on until a call fails with EAGAIN.
      epoll_.add(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, pair);
      epoll_.add(up, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, pair);
    }
  }

  void serve(Pair& pair, bool ends) {
    bool works = true;
    for (Direction& each : pair.directions) {
      if (!each.ended) works = (splices_ ? move(each) : copy(each, ends)) && works;
    }
    if (works && !(pair.directions[0].ended && pair.directions[1].ended)) return;
    if (pair.directions[0].from < 0) return;  // gone in this very turn
    for (Direction& each : pair.directions) {
      close(each.from);
      for (const int end : each.pipe) {
        if (end >= 0) close(end);
      }
      each = Direction{.ended = true};
    }
    gone_.emplace_back(&pair);
  }

  static bool end(Direction& each) {
    each.ended = true;
    return shutdown(each.to, SHUT_WR) == 0;
  }

  // False if the connection has failed.
  static bool move(Direction& each) {
    for (;;) {
      if (each.held == 0) {
        const ssize_t got = splice(each.from, nullptr, each.pipe[1], nullptr, kPipe,
                                   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (got == 0) return end(each);
        if (got < 0) return errno == EAGAIN;
        each.held = static_cast<std::size_t>(got);
      }
      const ssize_t sent = splice(each.pipe[0], nullptr, each.to, nullptr, each.held,
                                  SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (sent < 0) return errno == EAGAIN;
      each.held -= static_cast<std::size_t>(sent);
    }
  }

  bool copy(Direction& each, bool ends) {
    for (;;) {
      if (!each.unsent.empty()) {
        const ssize_t sent = send(each.to, each.unsent.data(), each.unsent.size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN;
        each.unsent.erase(each.unsent.begin(), each.unsent.begin() + sent);
        continue;
      }
      const ssize_t got = recv(each.from, buffer_.data(), buffer_.size(), 0);
      if (got == 0) return end(each);
      if (got < 0) return errno == EAGAIN;
      const auto size = static_cast<std::size_t>(got);
      const ssize_t sent = send(each.to, buffer_.data(), size, MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return false;
      const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
      each.unsent.assign(buffer_.begin() + static_cast<std::ptrdiff_t>(taken),
                         buffer_.begin() + static_cast<std::ptrdiff_t>(size));
      // A read that was not filled has taken all that there was, but for the end.
      if (size < buffer_.size() && each.unsent.empty() && !ends) return true;
    }
  }

  const bool splices_;
  const sockaddr_in upstream_;
  const int listener_;
  bench::Epoll epoll_;
  std::vector<std::unique_ptr<Pair>> gone_;  // until the end of the turn: events may name them
  std::array<char, bench::kReadSize> buffer_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto mode = bench::parse_mode(argc, argv, {"copy", "splice"});
  const char* const upstream = std::getenv("BENCH_UPSTREAM");
  if (upstream == nullptr) bench::fail("BENCH_UPSTREAM");
  bench::prepare_process();
  Proxy(mode == "splice", static_cast<std::uint16_t>(std::atoi(upstream))).run();
}
