// Opens many connections and weighs the server: resident bytes for each while it has said nothing,
// CPU time while nothing happens, and resident bytes again after one exchange on each.
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>

#include "dialect.h"
#include "load.h"

namespace bench {
namespace {

// These are there, and have talked, before the first weighing: what the first few cost is not
// multiplied.
constexpr std::size_t kFirst = 16;

std::size_t open_descriptors(pid_t process) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(process) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class Idle {
 public:
  explicit Idle(const Request& request) : request_(request) {
    if (request.server == 0) fail("the idle scenario weighs a process: --server PID is missing");
    sockets_.reserve(request.connections);
  }

  ~Idle() {
    for (const int socket : sockets_) close(socket);
  }

  Result run() {
    open_until(kFirst);
    exchange_on_all();
    settle();
    const std::uint64_t few = resident_bytes(request_.server);

    open_until(request_.connections);
    settle();
    const std::uint64_t silent = resident_bytes(request_.server);
    const double busy = cpu_nanoseconds(request_.server);
    std::this_thread::sleep_for(request_.duration);
    const double idle_cpu = cpu_nanoseconds(request_.server) - busy;

    exchange_on_all();
    settle();
    const std::uint64_t talked = resident_bytes(request_.server);

    const double added = static_cast<double>(request_.connections - kFirst);
    return {
        {"seconds", request_.duration.count()},
        {"server_cpu_ns", idle_cpu},
        {"bytes_silent", (static_cast<double>(silent) - static_cast<double>(few)) / added},
        {"bytes_after_exchange", (static_cast<double>(talked) - static_cast<double>(few)) / added},
        {"lost", static_cast<double>(lost_)}};
  }

 private:
  // Returns when the server has accepted them all, which the kernel does not tell the client.
  void open_until(std::size_t count) {
    while (sockets_.size() < count) {
      sockets_.push_back(connect_tcp(request_.port));
      greet(dialect_, sockets_.back(), sender_hello(dialect_));
    }
    const auto give_up = Clock::now() + std::chrono::seconds(10);
    while (open_descriptors(request_.server) < count) {
      if (Clock::now() > give_up) fail("the server does not accept all connections");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  void exchange_on_all() {
    const std::string question = spoken(dialect_, "x");
    std::string answer = echoed(dialect_, "x");
    for (const int socket : sockets_) {
      if (send(socket, question.data(), question.size(), 0) < 0) fail("send");
      const ssize_t size = recv(socket, answer.data(), answer.size(), MSG_WAITALL);
      if (size != static_cast<ssize_t>(answer.size()) || answer != echoed(dialect_, "x")) ++lost_;
    }
  }

  // Work that a server does right after its answer is not counted as idle CPU.
  static void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(200)); }

  const Request& request_;
  const Dialect dialect_ = dialect_from(request_.dialect).value();
  std::vector<int> sockets_;
  std::uint64_t lost_ = 0;
};

}  // namespace

Result run_idle(const Request& request) { return Idle(request).run(); }

}  // namespace bench
