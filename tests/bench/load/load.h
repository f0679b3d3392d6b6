// The load generator's parts: what a scenario is asked, what it answers, and how it weighs the
// server.
#ifndef SLUICE_BENCH_LOAD_H
#define SLUICE_BENCH_LOAD_H

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "../common.h"

namespace bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Request {
  std::uint16_t port = 0;
  std::uint16_t noise_port = 0;  // of the service that fairness and scrapes keep busy
  std::string_view control;      // the path of the control socket, for scrapes
  pid_t server = 0;              // whose CPU time and memory are read; 0: nobody's
  std::size_t connections = 100;
  std::size_t size = 64;  // of a message, a write or a datagram
  Seconds warm_up{0.2};   // served but not counted
  Seconds duration{1.0};  // counted
  std::uint64_t operations =
      0;  // when not 0, stop after so many even if time is left, and count from the start
  // Of the scenarios with one sender and many receivers:
  std::string_view dialect = "raw";  // that the server speaks
  std::size_t in_flight = 0;         // lines that the slowest receiver may lack; 0: any number
  std::size_t stalled = 0;           // members besides that never read
};

// Name and number of everything measured, in the order of printing.
using Result = std::vector<std::pair<std::string_view, double>>;

// Each answers "lost": operations or bytes that never came back, or came back wrong.
Result run_round_trips(const Request& request);
Result run_bulk(const Request& request);
Result run_connects(const Request& request);
Result run_idle(const Request& request);
Result run_datagrams(const Request& request);
Result run_fan_out(const Request& request);
Result run_joins(const Request& request);
Result run_fairness(const Request& request);
Result run_scrapes(const Request& request);
// Only in a build with OpenSSL (BENCH_TLS).
Result run_tls_round_trips(const Request& request);
Result run_tls_handshakes(const Request& request);
Result run_tls_resumptions(const Request& request);
Result run_tls_idle(const Request& request);
Result run_tls_fan_out(const Request& request);

// The time within which a scenario counts, and the CPU time that the server spent in it.
class Window {
 public:
  explicit Window(const Request& request);

  // True while the scenario has to go on. Opens the window when the warm-up is over, and closes it
  // when the time is up or `operations` are done.
  bool running(std::uint64_t operations);

  // Adds seconds, operations in the window, the server's CPU nanoseconds, and the nanoseconds that
  // the server and this process waited for a core that other programs had.
  void report(Result& result) const;

 private:
  struct Mark {
    Clock::time_point time;
    std::uint64_t operations = 0;
    double server_nanoseconds = 0;
    double waited_nanoseconds = 0;
  };

  Mark mark(std::uint64_t operations) const;

  const Request& request_;
  const Clock::time_point begin_;
  bool open_ = false;
  Mark first_;
  Mark last_;
};

// CPU time that a process has used, all its threads, user and system. 0 for process 0.
double cpu_nanoseconds(pid_t process);

// The time that a process was ready to run and did not, by its first thread. 0 for process 0.
double waited_nanoseconds(pid_t process);

// The memory of a process that is in RAM.
std::uint64_t resident_bytes(pid_t process);

// A connected TCP socket without Nagle's delay, in blocking mode, from 127.0.0.`source_host`.
int connect_tcp(std::uint16_t port, unsigned source_host = 1);

// An endless sequence of bytes that a receiver can check with memcmp. Its period is prime, so that
// no block that is lost, doubled or swapped leaves the rest in place.
class Pattern {
 public:
  static constexpr std::size_t kMaxSize = 256 * 1024;

  Pattern();

  // The bytes from `position` on. REQUIRES: size <= kMaxSize.
  std::span<const char> at(std::uint64_t position, std::size_t size) const;

  bool matches(std::uint64_t position, std::span<const char> received) const;

 private:
  static constexpr std::size_t kPeriod = 65521;

  std::vector<char> bytes_;
};

}  // namespace bench

#endif
