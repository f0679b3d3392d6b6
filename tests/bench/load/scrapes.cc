// Many connections are open and idle. Somebody reads the daemon's metrics over HTTP and its list of
// connections over the control socket, again and again. Meanwhile one connection asks for one small
// echo after another. Measured is the time of each echo, without the readers and with them.
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include "echo_times.h"
#include "load.h"

namespace bench {
namespace {

constexpr auto kBetweenReads = std::chrono::milliseconds(5);

// One connection, one question, and what comes until the server ends it or until `last` stands at
// the end. Returns the bytes of the answer.
std::size_t ask_once(int descriptor, std::string_view question, std::string_view last) {
  require(static_cast<int>(send(descriptor, question.data(), question.size(), 0)), "send");
  std::array<char, kReadSize> buffer;
  std::string end;
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
    require(static_cast<int>(got), "recv");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    end.append(buffer.data(), static_cast<std::size_t>(got));
    if (end.size() > last.size()) end.erase(0, end.size() - last.size());
    if (!last.empty() && end == last) break;
  }
  close(descriptor);
  return size;
}

int connect_unix(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail("the path of the control socket is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(descriptor, "socket");
  require(connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "connect");
  return descriptor;
}

// Reads until `stop`, and returns how often it had a whole answer. It gives way to the thread that
// measures, with which it shares a core.
std::uint64_t read_often(const Request& request, const std::atomic<bool>& stop) {
  const sched_param none{};
  require(sched_setscheduler(0, SCHED_IDLE, &none), "sched_setscheduler");
  const std::size_t rows = request.connections * 20;  // bytes; a row has more
  std::uint64_t reads = 0;
  while (!stop) {
    const std::size_t metrics =
        ask_once(connect_tcp(request.noise_port),
                 "GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n", {});
    if (metrics < 1000) fail("the metrics are too short");
    std::this_thread::sleep_for(kBetweenReads);
    const std::size_t list =
        ask_once(connect_unix(request.control), "show connections\n", "\nok\n");
    if (list < rows) fail("the list of connections is too short");
    std::this_thread::sleep_for(kBetweenReads);
    reads += 2;
  }
  return reads;
}

std::vector<double> times_of_half(const Request& request, bool with_readers, Result* reads) {
  std::atomic<bool> stop = false;
  std::vector<double> times;
  std::uint64_t count = 0;
  std::thread prober([&] { times = echo_times(request, stop); });
  std::thread reader([&] {
    if (with_readers) count = read_often(request, stop);
  });
  std::this_thread::sleep_for(request.duration);
  stop = true;
  reader.join();
  prober.join();
  if (reads != nullptr) reads->emplace_back("reads", static_cast<double>(count));
  return times;
}

}  // namespace

Result run_scrapes(const Request& request) {
  Window window(request);
  std::vector<int> idle;
  idle.reserve(request.connections);
  while (idle.size() < request.connections) idle.push_back(connect_tcp(request.port));
  std::array<char, 1> byte{'x'};
  for (const int descriptor : idle) {  // it is open in the server when it has answered
    if (send(descriptor, byte.data(), 1, 0) != 1 || recv(descriptor, byte.data(), 1, 0) != 1) {
      fail("an idle connection is not served");
    }
  }
  std::this_thread::sleep_for(request.warm_up);
  (void)window.running(0);  // counts from here
  Result result;
  const std::vector<double> quiet = times_of_half(request, false, nullptr);
  const std::vector<double> busy = times_of_half(request, true, &result);
  (void)window.running(1);  // to here: both halves are longer than what is asked of one
  for (const int descriptor : idle) close(descriptor);
  window.report(result);
  const bool is_lost = quiet.empty() || busy.empty();
  result.emplace_back("quiet_p99_ms", is_lost ? 0 : percentile(quiet, 99));
  result.emplace_back("p99_ms", is_lost ? 0 : percentile(busy, 99));
  result.emplace_back("lost", is_lost ? 1 : 0);
  return result;
}

}  // namespace bench
