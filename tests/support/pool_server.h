// A pool of loops that serves in a thread of its own, and blocking clients, for tests.
#ifndef SLUICE_TESTS_SUPPORT_POOL_SERVER_H
#define SLUICE_TESTS_SUPPORT_POOL_SERVER_H

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>

#include <criterion/criterion.h>

#include "slowness.h"
#include <sluice/address.h>
#include <sluice/fd.h>
#include <sluice/loop_pool.h>

namespace sluice::test {

// Calls `function` in the loop's thread and returns its result. REQUIRES: another thread runs it.
template <class Function>
auto ask(Loop& loop, Function function) {
  using Result = std::invoke_result_t<Function>;
  std::promise<Result> promise;
  auto answer = promise.get_future();
  loop.post([&] {
    if constexpr (std::is_void_v<Result>) {
      function();
      promise.set_value();
    } else {
      promise.set_value(function());
    }
  });
  const auto patience = std::chrono::seconds(20 * slowness());
  cr_assert(answer.wait_for(patience) == std::future_status::ready, "a loop did not answer");
  return answer.get();
}

// Waits until `holds` returns true. Each call is in the thread of the pool's first loop.
inline void wait_until(Loop& first, const std::function<bool()>& holds, const char* what) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20 * slowness());
  while (!ask(first, holds)) {
    cr_assert(std::chrono::steady_clock::now() < give_up, "%s did not come", what);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// Runs a pool until it is destroyed. REQUIRES: the pool outlives it.
class RunningPool {
 public:
  explicit RunningPool(LoopPool& pool) : pool_(pool), thread_([&pool] { pool.run(); }) {
    ask(pool.first(), [] {});
  }
  RunningPool(const RunningPool&) = delete;
  RunningPool& operator=(const RunningPool&) = delete;
  ~RunningPool() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    pool_.stop();
    thread_.join();
  }
  // Something else has stopped it, or will.
  void join() { thread_.join(); }

 private:
  LoopPool& pool_;
  std::thread thread_;
};

// Its calls wait, but not forever.
class BlockingClient {
 public:
  explicit BlockingClient(const Address& server) : fd_(::socket(server.family(), SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 20 * slowness(), .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    cr_assert(::connect(fd_.get(), server.data(), server.size()) == 0, "connect: errno %d", errno);
  }
  void send(std::string_view text) const {
    (void)::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  // Up to and with the next newline; without one, what came until the end.
  std::string line() const {
    std::string text;
    char byte = 0;
    while (!text.ends_with('\n')) {
      const ssize_t count = ::recv(fd_.get(), &byte, 1, 0);
      cr_assert(count >= 0 || errno != EAGAIN, "no line came");
      if (count <= 0) break;
      text += byte;
    }
    return text;
  }
  std::string line_for(std::string_view text) const {
    send(text);
    return line();
  }
  // In order, or by a reset.
  [[nodiscard]] bool has_ended() const { return line().empty(); }
  void close() { fd_.reset(); }

 private:
  Fd fd_;
};

}  // namespace sluice::test

#endif
