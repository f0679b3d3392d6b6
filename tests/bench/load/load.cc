#include "load.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <fstream>
#include <random>
#include <string>

namespace bench {

Window::Window(const Request& request) : request_(request), begin_(Clock::now()) {
  if (request_.operations == 0) return;
  open_ = true;
  first_ = mark(0);
}

bool Window::running(std::uint64_t operations) {
  const Seconds elapsed = Clock::now() - begin_;
  if (!open_ && elapsed >= request_.warm_up) {
    open_ = true;
    first_ = mark(operations);
  }
  const bool all_done = request_.operations != 0 && operations >= request_.operations;
  if (!all_done && elapsed < request_.warm_up + request_.duration) return true;
  last_ = mark(operations);
  return false;
}

void Window::report(Result& result) const {
  result.emplace_back("seconds", Seconds(last_.time - first_.time).count());
  result.emplace_back("operations", static_cast<double>(last_.operations - first_.operations));
  result.emplace_back("server_cpu_ns", last_.server_nanoseconds - first_.server_nanoseconds);
  result.emplace_back("waited_ns", last_.waited_nanoseconds - first_.waited_nanoseconds);
}

Window::Mark Window::mark(std::uint64_t operations) const {
  return {Clock::now(), operations, cpu_nanoseconds(request_.server),
          waited_nanoseconds(request_.server) + waited_nanoseconds(getpid())};
}

// The process's CPU clock is exact, where /proc counts ticks.
double cpu_nanoseconds(pid_t process) {
  if (process == 0) return 0;
  clockid_t clock{};
  timespec used{};
  errno = clock_getcpuclockid(process, &clock);
  if (errno != 0 || clock_gettime(clock, &used) != 0) fail("CPU clock of the server");
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

double waited_nanoseconds(pid_t process) {
  if (process == 0) return 0;
  double on_core = 0;
  double waited = 0;
  // Where the kernel keeps no such statistics, nothing is reported as waited.
  std::ifstream("/proc/" + std::to_string(process) + "/schedstat") >> on_core >> waited;
  return waited;
}

std::uint64_t resident_bytes(pid_t process) {
  const std::string path = "/proc/" + std::to_string(process) + "/smaps_rollup";
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == "Rss:" && file >> kilobytes) return kilobytes * 1024;
  }
  fail(path);
}

int connect_tcp(std::uint16_t port, unsigned source_host) {
  const int descriptor = require(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  if (source_host != 1) {
    // Without IP_BIND_ADDRESS_NO_PORT each bind would take a port for itself, whatever the
    // destination.
    const int on = 1;
    require(setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on),
            "IP_BIND_ADDRESS_NO_PORT");
    const sockaddr_in source = loopback(0, source_host);
    require(bind(descriptor, reinterpret_cast<const sockaddr*>(&source), sizeof source), "bind");
  }
  const sockaddr_in address = loopback(port);
  require(connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "connect");
  set_no_delay(descriptor);
  return descriptor;
}

Pattern::Pattern() : bytes_(kPeriod + kMaxSize) {
  std::minstd_rand random(20240607);  // always the same bytes
  for (std::size_t i = 0; i < kPeriod; ++i) bytes_[i] = static_cast<char>(random() >> 16);
  for (std::size_t i = kPeriod; i < bytes_.size(); ++i) bytes_[i] = bytes_[i - kPeriod];
}

std::span<const char> Pattern::at(std::uint64_t position, std::size_t size) const {
  return std::span(bytes_).subspan(position % kPeriod, size);
}

bool Pattern::matches(std::uint64_t position, std::span<const char> received) const {
  return std::memcmp(at(position, received.size()).data(), received.data(), received.size()) == 0;
}

}  // namespace bench
