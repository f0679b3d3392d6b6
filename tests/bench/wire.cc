// A wire of a certain delay and loss between two networks, and a command that is run at its near
// end. Where the kernel has no netem, this stands in for the way to far hosts.
//
//   bench_wire [--delay MS] [--loss PERCENT] [--seed N] [--hosts NETWORK]... [--listen PORT,...]
//              [--far COMMAND] [--seconds N] -- COMMAND [ARGUMENT...]
//
// Both ends are network namespaces of its own. The near one has 10.99.0.1 and fd99::1 and a route
// to all of 10.99.0.0/16 and fd99::/64 over a TUN device; what leaves there is read here, kept for
// the delay of one way, and written to the far one's device, if it is not lost. Every address of
// each NETWORK is a host at the far end (10.99.1.0/24, 10.99.2.5/32, fd99::1:0/112); what goes to
// others is dropped without a word. On each PORT connections are taken and closed; other ports
// refuse, unless COMMAND of --far (nft, ip), run at the far end before, has it otherwise.
// Its exit status is that of the command. What it carried, and what the command took, is told on
// standard error.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "common.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::chrono::microseconds delay{20'000};  // one way
  double loss = 0;                          // a packet, either way
  std::uint32_t seed = 1;
  std::vector<std::string> hosts;
  std::vector<std::uint16_t> ports;
  std::vector<std::string> far;
  unsigned seconds = 120;  // then the command is ended
  char** command = nullptr;
};

[[noreturn]] void misused(const char* what) {
  std::fprintf(stderr, "wire: %s\n", what);
  std::exit(2);
}

double number(const char* text) {
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  if (end == text || *end != '\0' || value < 0) misused(text);
  return value;
}

void add_ports(std::vector<std::uint16_t>& ports, const std::string& list) {
  std::size_t at = 0;
  while (at < list.size()) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    ports.push_back(static_cast<std::uint16_t>(number(list.substr(at, comma - at).c_str())));
    at = comma + 1;
  }
}

Options options_from(int argc, char** argv) {
  Options options;
  int i = 1;
  for (; i < argc && std::string_view(argv[i]) != "--"; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 >= argc) misused("an option without its value");
    const char* value = argv[i + 1];
    if (name == "--delay") {
      options.delay = std::chrono::microseconds(static_cast<long>(number(value) * 1000));
    } else if (name == "--loss") {
      options.loss = number(value) / 100;
    } else if (name == "--seed") {
      options.seed = static_cast<std::uint32_t>(number(value));
    } else if (name == "--hosts") {
      options.hosts.emplace_back(value);
    } else if (name == "--listen") {
      add_ports(options.ports, value);
    } else if (name == "--far") {
      options.far.emplace_back(value);
    } else if (name == "--seconds") {
      options.seconds = static_cast<unsigned>(number(value));
    } else {
      misused(argv[i]);
    }
  }
  if (i + 1 >= argc) misused("no command: it follows --");
  options.command = argv + i + 1;
  return options;
}

void run(const std::string& command) {
  if (std::system(command.c_str()) != 0) {
    std::fprintf(stderr, "wire: failed: %s\n", command.c_str());
    std::exit(1);
  }
}

void enter_new_network() {
  if (::unshare(CLONE_NEWNET) == 0) return;
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) bench::fail("unshare");
}

// The packets of this namespace, read and written without waiting.
int make_tun(const char* name) {
  const int fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) bench::fail("open /dev/net/tun");
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (::ioctl(fd, TUNSETIFF, &request) != 0) bench::fail("TUNSETIFF");
  // A burst must not be lost before the wire has seen it.
  run("ip link set " + std::string(name) + " txqueuelen 100000 up && ip link set lo up");
  return fd;
}

int make_near_end() {
  enter_new_network();
  const int tun = make_tun("near");
  run("ip addr add 10.99.0.1/16 dev near && ip -6 addr add fd99::1/64 dev near nodad");
  return tun;
}

int make_far_end(const Options& options) {
  if (::unshare(CLONE_NEWNET) != 0) bench::fail("unshare");
  const int tun = make_tun("far");
  run("ip route add 10.99.0.1/32 dev far && ip -6 route add fd99::1/128 dev far");
  for (const std::string& network : options.hosts) {
    const bool ipv6 = network.find(':') != std::string::npos;
    run(std::string(ipv6 ? "ip -6" : "ip") + " route add local " + network + " dev lo");
  }
  for (const std::string& command : options.far) run(command);
  return tun;
}

std::vector<int> listen_on(const std::vector<std::uint16_t>& ports) {
  std::vector<int> listeners;
  for (const std::uint16_t port : ports) {
    const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int off = 0;
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(port);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 ||
        ::listen(fd, 4096) != 0) {
      bench::fail("listen");
    }
    listeners.push_back(fd);
  }
  return listeners;
}

void accept_all(int listener) {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ::close(fd);
  }
}

struct Packet {
  Clock::time_point due;
  std::vector<char> bytes;
};

// One direction. The delay is the same for all, so that they leave in the order they came.
class Way {
 public:
  Way(int from, int to, const Options& options, std::uint32_t seed)
      : from_(from), to_(to), delay_(options.delay), random_(seed), lost_(options.loss) {}

  void take() {
    std::array<char, 2048> bytes;
    // Bounded, so that the other way and what is due have their turn.
    for (int i = 0; i < 256; ++i) {
      const ssize_t size = ::read(from_, bytes.data(), bytes.size());
      if (size <= 0) return;
      ++carried_;
      if (lost_(random_)) {
        ++dropped_;
        continue;
      }
      waiting_.push_back({Clock::now() + delay_, {bytes.data(), bytes.data() + size}});
    }
  }
  void give(Clock::time_point now) {
    while (!waiting_.empty() && waiting_.front().due <= now) {
      const std::vector<char>& bytes = waiting_.front().bytes;
      if (::write(to_, bytes.data(), bytes.size()) < 0) ++failed_;
      waiting_.pop_front();
    }
  }
  [[nodiscard]] Clock::time_point due() const {
    return waiting_.empty() ? Clock::time_point::max() : waiting_.front().due;
  }
  void tell(const char* name) const {
    std::fprintf(stderr, "wire: %s: %lu packets, %lu lost, %lu failed\n", name, carried_, dropped_,
                 failed_);
  }

 private:
  int from_;
  int to_;
  std::chrono::microseconds delay_;
  std::mt19937 random_;
  std::bernoulli_distribution lost_;
  std::deque<Packet> waiting_;
  unsigned long carried_ = 0;
  unsigned long dropped_ = 0;
  unsigned long failed_ = 0;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void tell(Clock::duration took, const rusage& used) {
  std::fprintf(stderr, "wire: command: %.3f s, %.3f s of CPU, %ld KiB\n",
               std::chrono::duration<double>(took).count(),
               seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss);
}

// Until the command has ended. Returns its exit status.
int carry(const Options& options, int near, int far, const std::vector<int>& listeners,
          pid_t command) {
  Way out(near, far, options, options.seed);
  Way back(far, near, options, options.seed + 1);
  std::vector<pollfd> polled{{near, POLLIN, 0}, {far, POLLIN, 0}};
  for (const int listener : listeners) polled.push_back({listener, POLLIN, 0});
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + std::chrono::seconds(options.seconds);
  for (;;) {
    int status = 0;
    rusage used{};
    const Clock::time_point now = Clock::now();
    if (::wait4(command, &status, WNOHANG, &used) == command) {
      out.tell("out");
      back.tell("back");
      tell(now - begin, used);
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    if (now > end) ::kill(command, SIGKILL);
    out.give(now);
    back.give(now);
    const auto wait = std::clamp<Clock::duration>(std::min(out.due(), back.due()) - now,
                                                  Clock::duration(0), std::chrono::milliseconds(5));
    const timespec timeout{0, std::chrono::nanoseconds(wait).count()};
    if (::ppoll(polled.data(), polled.size(), &timeout, nullptr) <= 0) continue;
    if (polled[0].revents != 0) out.take();
    if (polled[1].revents != 0) back.take();
    for (std::size_t i = 2; i < polled.size(); ++i) {
      if (polled[i].revents != 0) accept_all(polled[i].fd);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_from(argc, argv);
  const int near = make_near_end();
  const int near_network = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  const int far = make_far_end(options);
  const std::vector<int> listeners = listen_on(options.ports);
  if (::setns(near_network, CLONE_NEWNET) != 0) bench::fail("setns");
  const pid_t command = ::fork();
  if (command < 0) bench::fail("fork");
  if (command == 0) {
    ::execvp(options.command[0], options.command);
    bench::fail(options.command[0]);
  }
  return carry(options, near, far, listeners, command);
}
