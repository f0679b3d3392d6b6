#include "common.h"

#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {
namespace {

int bind_loopback(int type, std::string_view what) {
  const int descriptor = require(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), what);
  const sockaddr_in address = loopback(0);
  require(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), what);
  return descriptor;
}

}  // namespace

void fail(std::string_view what) {
  std::fprintf(stderr, "%s: %.*s: %s\n", program_invocation_short_name,
               static_cast<int>(what.size()), what.data(), std::strerror(errno));
  std::exit(1);
}

int require(int result, std::string_view what) {
  if (result < 0) fail(what);
  return result;
}

std::string_view parse_mode(int argc, char** argv,
                            std::initializer_list<std::string_view> allowed) {
  if (argc == 2 && std::find(allowed.begin(), allowed.end(), argv[1]) != allowed.end()) {
    return argv[1];
  }
  std::fprintf(stderr, "usage: %s MODE, where MODE is one of:", argv[0]);
  for (const std::string_view mode : allowed) {
    std::fprintf(stderr, " %.*s", static_cast<int>(mode.size()), mode.data());
  }
  std::fputc('\n', stderr);
  std::exit(2);
}

void prepare_process() {
  rlimit limit{};
  require(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  require(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  std::signal(SIGPIPE, SIG_IGN);
}

sockaddr_in loopback(std::uint16_t port, unsigned host) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(0x7f000000U + host);
  return address;
}

int listen_tcp() {
  const int descriptor = bind_loopback(SOCK_STREAM, "TCP socket on loopback");
  require(listen(descriptor, SOMAXCONN), "listen");
  return descriptor;
}

int bind_udp() { return bind_loopback(SOCK_DGRAM, "UDP socket on loopback"); }

void set_no_delay(int descriptor) {
  const int on = 1;
  require(setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

void announce(int descriptor) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  require(getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  std::printf("ready %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
}

int accept_tcp(int listener) {
  const int descriptor = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) {
    // A peer that gave up while it waited is no reason to stop; running out of descriptors is.
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) fail("accept");
    return -1;
  }
  set_no_delay(descriptor);
  return descriptor;
}

Epoll::Epoll() : descriptor_(require(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

Epoll::~Epoll() { close(descriptor_); }

void Epoll::add(int descriptor, std::uint32_t events, void* tag) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = tag;
  require(epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event), "EPOLL_CTL_ADD");
}

void Epoll::modify(int descriptor, std::uint32_t events, void* tag) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = tag;
  require(epoll_ctl(descriptor_, EPOLL_CTL_MOD, descriptor, &event), "EPOLL_CTL_MOD");
}

void Epoll::remove(int descriptor) {
  require(epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, nullptr), "EPOLL_CTL_DEL");
}

std::span<const epoll_event> Epoll::wait(int milliseconds) {
  const int count =
      epoll_wait(descriptor_, events_.data(), static_cast<int>(events_.size()), milliseconds);
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

}  // namespace bench
