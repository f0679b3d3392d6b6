// The floor under every connect scan of loopback: one socket, one connect() for each port, in a
// loop that does nothing else.
//
//   bench_scan_floor [ADDRESS]
//
// Linux alone lets a refused socket connect again. It blocks: on loopback the answer is there when
// the call returns. Prints the open ports and the time as JSON. A connection to itself counts as
// open, because telling it from others would be a call more.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace {

using Clock = std::chrono::steady_clock;

int fresh_socket(int old) {
  if (old >= 0) {
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(old, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    ::close(old);
  }
  return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  if (::inet_pton(AF_INET, argc > 1 ? argv[1] : "127.0.0.1", &to.sin_addr) != 1) {
    std::fprintf(stderr, "scan_floor: %s is no IPv4 address\n", argv[1]);
    return 2;
  }
  unsigned open = 0;
  int socket = fresh_socket(-1);
  const Clock::time_point start = Clock::now();
  for (unsigned port = 1; port <= 65535; ++port) {
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
      ++open;
      socket = fresh_socket(socket);
    } else if (errno != ECONNREFUSED) {
      std::fprintf(stderr, "scan_floor: port %u: %s\n", port, std::strerror(errno));
      socket = fresh_socket(socket);
    }
  }
  const std::chrono::duration<double> took = Clock::now() - start;
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  std::printf("{\"ports\": 65535, \"open\": %u, \"seconds\": %.4f, \"cpu_seconds\": %.4f}\n", open,
              took.count(), seconds(used.ru_utime) + seconds(used.ru_stime));
}
