// Many connections write zeros as fast as the server takes them: to a service whose messages begin
// with a decimal length, each few bytes are an empty message. Meanwhile one connection of another
// service of the same server asks for one small echo after another. Measured is the time of each.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>

#include "echo_times.h"
#include "load.h"

namespace bench {
namespace {

constexpr std::size_t kBlock = 16384;

class Noise {
 public:
  explicit Noise(const Request& request) : zeros_(kBlock, '0') {
    descriptors_.reserve(request.connections);  // so that a tag can point into it
    for (std::size_t i = 0; i < request.connections; ++i) {
      int& descriptor = descriptors_.emplace_back(connect_tcp(request.noise_port));
      epoll_.add(descriptor, EPOLLIN | EPOLLOUT, &descriptor);
    }
  }

  ~Noise() {
    for (const int descriptor : descriptors_) close(descriptor);
  }

  void turn() {
    for (const epoll_event& event : epoll_.wait(10)) {
      const int descriptor = *static_cast<const int*>(event.data.ptr);
      if ((event.events & EPOLLIN) != 0) {
        const ssize_t size = recv(descriptor, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (size == 0) fail("the server closed a connection that wrote empty messages");
      }
      if ((event.events & EPOLLOUT) != 0) {
        const ssize_t sent = send(descriptor, zeros_.data(), zeros_.size(), MSG_DONTWAIT);
        if (sent > 0) sent_ += static_cast<std::uint64_t>(sent);
      }
    }
  }

  std::uint64_t sent() const { return sent_; }

 private:
  const std::string zeros_;
  Epoll epoll_;
  std::vector<int> descriptors_;
  std::array<char, kReadSize> buffer_;
  std::uint64_t sent_ = 0;
};

}  // namespace

Result run_fairness(const Request& request) {
  Noise noise(request);
  std::vector<double> times;
  std::atomic<bool> stop = false;
  std::atomic<bool> ended = false;
  std::thread prober([&] {
    std::this_thread::sleep_for(request.warm_up);
    times = echo_times(request, stop);
    ended = true;
  });
  Window window(request);
  while (window.running(noise.sent())) noise.turn();
  stop = true;
  while (!ended) noise.turn();  // until the last answer is here
  prober.join();
  Result result;
  window.report(result);
  const bool is_lost = times.empty() || noise.sent() == 0;
  result.emplace_back("median_ms", is_lost ? 0 : percentile(times, 50));
  result.emplace_back("p99_ms", is_lost ? 0 : percentile(times, 99));
  result.emplace_back("lost", is_lost ? 1 : 0);
  return result;
}

}  // namespace bench
