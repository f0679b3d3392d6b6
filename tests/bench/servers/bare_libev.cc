// An echo server on libev's watchers, with nothing between.
//   echo  an ev_io a connection and no timeout
//   idle  an ev_timer more a connection; it is not moved on activity but looks, when it fires,
//   whether it
//         was meant (the way that libev's manual recommends for many timeouts)
#include <unistd.h>

#include <array>
#include <type_traits>

#include <ev.h>

#include "../common.h"
#include "echo_stream.h"

namespace {

struct NoTimeout {};

struct IdleTimeout {
  ev_timer timer;
  ev_tstamp last_activity;
};

template <class Timeout>
struct Connection {
  ev_io io;
  bench::EchoStream stream;
  [[no_unique_address]] Timeout timeout;
};

template <class Timeout>
class Server {
 public:
  explicit Server(struct ev_loop* loop) : listener_(bench::listen_tcp()) {
    ev_io_init(&accept_, accept_all, listener_, EV_READ);
    accept_.data = this;
    ev_io_start(loop, &accept_);
    ev_set_userdata(loop, this);
    bench::announce(listener_);
  }

 private:
  using Conn = Connection<Timeout>;
  static constexpr bool kTimed = std::is_same_v<Timeout, IdleTimeout>;

  static void accept_all(struct ev_loop* loop, ev_io* watcher, int) {
    const int listener = watcher->fd;
    for (int fd = bench::accept_tcp(listener); fd >= 0; fd = bench::accept_tcp(listener)) {
      Conn* connection = new Conn;
      ev_io_init(&connection->io, serve, fd, EV_READ);
      connection->io.data = connection;
      ev_io_start(loop, &connection->io);
      if constexpr (kTimed) {
        connection->timeout.last_activity = ev_now(loop);
        ev_timer_init(&connection->timeout.timer, check_timeout, bench::kIdleSeconds, 0.);
        connection->timeout.timer.data = connection;
        ev_timer_start(loop, &connection->timeout.timer);
      }
    }
  }

  static void serve(struct ev_loop* loop, ev_io* watcher, int events) {
    Conn& connection = *static_cast<Conn*>(watcher->data);
    Server& server = *static_cast<Server*>(ev_userdata(loop));
    const bench::Next next = (events & EV_READ) != 0
                                 ? connection.stream.on_readable(watcher->fd, server.scratch_)
                                 : connection.stream.on_writable(watcher->fd);
    if (next == bench::Next::closed) {
      close_connection(loop, connection);
      return;
    }
    const int wanted = next == bench::Next::readable ? EV_READ : EV_WRITE;
    if ((events & wanted) == 0) {
      ev_io_stop(loop, watcher);
      ev_io_set(watcher, watcher->fd, wanted);
      ev_io_start(loop, watcher);
    }
    if constexpr (kTimed) connection.timeout.last_activity = ev_now(loop);
  }

  static void check_timeout(struct ev_loop* loop, ev_timer* timer, int) {
    Conn& connection = *static_cast<Conn*>(timer->data);
    if constexpr (kTimed) {
      const ev_tstamp left = connection.timeout.last_activity + bench::kIdleSeconds - ev_now(loop);
      if (left > 0.) {
        ev_timer_set(timer, left, 0.);
        ev_timer_start(loop, timer);
        return;
      }
    }
    close_connection(loop, connection);
  }

  static void close_connection(struct ev_loop* loop, Conn& connection) {
    if constexpr (kTimed) ev_timer_stop(loop, &connection.timeout.timer);
    ev_io_stop(loop, &connection.io);
    close(connection.io.fd);
    delete &connection;
  }

  const int listener_;
  ev_io accept_;
  std::array<char, bench::kReadSize> scratch_;
};

template <class Timeout>
void serve_for_ever() {
  struct ev_loop* loop = ev_default_loop(EVBACKEND_EPOLL);
  if (loop == nullptr) bench::fail("libev's epoll backend");
  Server<Timeout> server(loop);
  ev_run(loop, 0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = bench::parse_mode(argc, argv, {"echo", "idle"});
  bench::prepare_process();
  if (mode == "idle") {
    serve_for_ever<IdleTimeout>();
  } else {
    serve_for_ever<NoTimeout>();
  }
}
