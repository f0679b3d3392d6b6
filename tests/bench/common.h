// What the benchmark's servers and its load generator share: sockets on loopback, epoll, and
// failing loudly.
#ifndef SLUICE_BENCH_COMMON_H
#define SLUICE_BENCH_COMMON_H

#include <netinet/in.h>
#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace bench {

// Every server reads up to this much at once, where its library allows a choice.
inline constexpr std::size_t kReadSize = 64 * 1024;

// Long enough that no timeout fires during a run: the benchmark weighs armed timeouts.
inline constexpr int kIdleSeconds = 600;

// Prints `what` with the text of errno on standard error and exits with status 1.
[[noreturn]] void fail(std::string_view what);

// Returns `result`, or fails when it is negative.
int require(int result, std::string_view what);

// The one argument of a server. Exits with status 2 unless it is among `allowed`.
std::string_view parse_mode(int argc, char** argv, std::initializer_list<std::string_view> allowed);

// Raises the descriptor limit to the hard one and ignores SIGPIPE.
void prepare_process();

// 127.0.0.`host`, `port`.
sockaddr_in loopback(std::uint16_t port, unsigned host = 1);

// Non-blocking sockets on a port that the kernel chooses.
int listen_tcp();
int bind_udp();

void set_no_delay(int descriptor);

// Tells the driver that the server serves: a line `ready PORT` on standard output.
void announce(int descriptor);

// Accepts one connection, non-blocking and without Nagle's delay; -1 when none waits.
int accept_tcp(int listener);

// Level-triggered epoll; `tag` comes back in an event's data.ptr.
class Epoll {
 public:
  Epoll();
  ~Epoll();
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;

  void add(int descriptor, std::uint32_t events, void* tag);
  void modify(int descriptor, std::uint32_t events, void* tag);
  void remove(int descriptor);

  // Waits at most `milliseconds`, for ever when negative. The events are valid until the next call.
  std::span<const epoll_event> wait(int milliseconds);

 private:
  static constexpr std::size_t kBatch = 512;

  int descriptor_;
  std::array<epoll_event, kBatch> events_;
};

}  // namespace bench

#endif
