// The listener's sockets: the options of accepted sockets, and which sockets it adopts.
#include <fcntl.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "support/addresses.h"
#include "support/backend.h"
#include "support/no_ipv6.h"
#include "support/streams.h"
#include <sluice/listener.h>

using namespace sluice;
using namespace sluice::test;

namespace {

// The descriptor of this process's connection to `peer`.
int descriptor_to(const Address& peer) {
  for (int fd = 0; fd < 1000; ++fd) {
    Address other;
    socklen_t size = Address::capacity();
    if (::getpeername(fd, other.data(), &size) != 0) continue;
    other.set_size(size);
    if (other.unmapped() == peer) return fd;
  }
  cr_assert_fail("no connection to %s", peer.to_string().c_str());
  return -1;
}

// The one descriptor of this process that listens.
int listening_descriptor() {
  for (int fd = 0; fd < 1000; ++fd) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0) {
      return fd;
    }
  }
  cr_assert_fail("nobody listens");
  return -1;
}

int option_of(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  cr_assert(::getsockopt(fd, level, name, &value, &size) == 0);
  return value;
}

// The text of the system_error that `make` throws.
template <class Make>
std::string error_of(int code, Make&& make) {
  try {
    make();
  } catch (const std::system_error& error) {
    cr_expect(error.code().value() == code, "errno %d", error.code().value());
    return error.what();
  }
  return "no error";
}

}  // namespace

Test(listener_sockets, sets_no_delay_and_keep_alive_on_every_connection_by_default) {
  for (const bool wanted : {true, false}) {
    for (const bool inherited : {false, true}) {
      Handler handler;
      Loop loop(backend_options());
      ListenerOptions options;
      options.no_delay = options.keep_alive = wanted;
      std::optional<Listener> listener;
      if (inherited) {
        Fd fd(::socket(AF_INET, SOCK_STREAM, 0));
        cr_assert(::listen(fd.get(), 5) == 0);
        const auto factory = [&](const Address&) { return ProtocolRef(handler); };
        listener.emplace(loop, std::move(fd), factory, options);
      } else {
        listener.emplace(loop, Endpoint::from("tcp://0.0.0.0:0"), handler, options);
      }
      const Peer peer(ip("127.0.0.1", listener->endpoint().address().port()));
      turn_until(loop, [&] { return loop.counters().accepted == 1; });
      const int fd = descriptor_to(Address::local_of(peer.fd()));
      cr_expect(option_of(fd, IPPROTO_TCP, TCP_NODELAY) == (wanted ? 1 : 0));
      cr_expect(option_of(fd, SOL_SOCKET, SO_KEEPALIVE) == (wanted ? 1 : 0));
      cr_expect((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
      cr_expect((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
  }
}

#ifdef __linux__
// For a listening socket, this field of Linux's tcp_info is the backlog.
Test(listener_sockets, has_the_largest_backlog_of_the_system_by_default) {
  std::size_t allowed = 0;
  std::ifstream("/proc/sys/net/core/somaxconn") >> allowed;
  cr_assert(allowed > 5);
  allowed = std::min(allowed, std::size_t{SOMAXCONN});
  for (const int wanted : {0, 5}) {
    Handler handler;
    Loop loop(backend_options());
    ListenerOptions options;
    options.backlog = wanted;
    const Listener listener(loop, Endpoint::from("tcp://127.0.0.1:0"), handler, options);
    tcp_info info{};
    socklen_t size = sizeof info;
    cr_assert(::getsockopt(listening_descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    cr_expect(info.tcpi_sacked == (wanted == 0 ? allowed : 5), "%u", info.tcpi_sacked);
  }
}
#endif

Test(listener_sockets, adopts_only_a_descriptor_that_listens) {
  Handler handler;
  Loop loop(backend_options());
  const auto listen_on = [&](Fd fd) {
    return Listener(loop, std::move(fd), [&](const Address&) { return ProtocolRef(handler); })
        .endpoint();
  };
  for (const auto& [family, any] : {std::pair{AF_INET, false}, std::pair{AF_INET6, true}}) {
    Fd fd(::socket(family, SOCK_STREAM, 0));
    cr_assert(::listen(fd.get(), 5) == 0);
    const Endpoint endpoint = listen_on(std::move(fd));
    cr_expect(endpoint.address().port() != 0 && endpoint.any_family() == any);
  }
  int pipe_fds[2];
  cr_assert(::pipe(pipe_fds) == 0);
  const Fd write_end(pipe_fds[1]);
  for (const int fd :
       {::socket(AF_INET, SOCK_STREAM, 0), ::socket(AF_INET, SOCK_DGRAM, 0), pipe_fds[0]}) {
    const int wanted = fd == pipe_fds[0] ? ENOTSOCK : EINVAL;
    const std::string error = error_of(wanted, [&] { listen_on(Fd(fd)); });
    cr_expect(error.find("descriptor " + std::to_string(fd)) != std::string::npos, "%s",
              error.c_str());
  }
}

Test(listener_sockets, listens_on_ipv4_for_a_star_if_there_is_no_ipv6) {
  lose_ipv6();
  Handler handler;
  Loop loop(backend_options());
  const Listener listener(loop, Endpoint::from("tcp://*:0"), handler);
  cr_expect(listener.endpoint().address().family() == AF_INET);
  cr_expect(listener.endpoint().to_string().rfind("tcp://*:", 0) == 0, "%s",
            listener.endpoint().to_string().c_str());
  const Peer peer(ip("127.0.0.1", listener.endpoint().address().port()));
  turn_until(loop, [&handler] { return handler.journal == "open"; });
}

Test(listener_sockets, throws_if_there_is_no_ipv6) {
  lose_ipv6();
  Handler handler;
  Loop loop(backend_options());
  const std::string text = error_of(EAFNOSUPPORT, [&] {
    const Listener listener(loop, Endpoint::from("tcp://[::1]:0"), handler);
  });
  cr_expect(text.rfind("socket tcp://[::1]:0", 0) == 0, "%s", text.c_str());
}
