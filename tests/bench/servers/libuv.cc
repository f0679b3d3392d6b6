// An echo server on libuv. What can be written is written at once (uv_try_write); the rest is
// copied into a request, and reading stops until that is done.
//   echo  TCP, no timeouts
//   idle  TCP, a uv_timer_t a connection
//   udp   datagrams, read with recvmmsg
#include <uv.h>

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "../common.h"

namespace {

// libuv's recvmmsg hands out slices of 64 KiB, at most 20 of them.
constexpr std::size_t kDatagrams = 20;

std::array<char, kDatagrams * bench::kReadSize> scratch;
bool timed = false;

struct Connection {
  uv_tcp_t tcp;
};

struct TimedConnection : Connection {
  uv_timer_t timer;
  unsigned open_handles = 2;
};

struct PendingWrite {
  uv_write_t request;
  std::vector<char> bytes;
};

struct PendingDatagram {
  uv_udp_send_t request;
  std::vector<char> bytes;
};

int check(int status, const char* what) {
  if (status >= 0) return status;
  errno = -status;
  bench::fail(what);
}

uv_stream_t* stream_of(Connection& connection) {
  return reinterpret_cast<uv_stream_t*>(&connection.tcp);
}

void on_timed_handle_closed(uv_handle_t* handle) {
  auto* connection = static_cast<TimedConnection*>(handle->data);
  if (--connection->open_handles == 0) delete connection;
}

void close_connection(Connection& connection) {
  auto* handle = reinterpret_cast<uv_handle_t*>(&connection.tcp);
  if (uv_is_closing(handle) != 0) return;
  if (timed) {
    auto& both = static_cast<TimedConnection&>(connection);
    handle->data = both.timer.data = &both;
    uv_close(reinterpret_cast<uv_handle_t*>(&both.timer), on_timed_handle_closed);
    uv_close(handle, on_timed_handle_closed);
  } else {
    uv_close(handle, [](uv_handle_t* closed) { delete static_cast<Connection*>(closed->data); });
  }
}

void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer);

void give_scratch(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
  *buffer = uv_buf_init(scratch.data(), bench::kReadSize);
}

void on_written(uv_write_t* request, int status) {
  const std::unique_ptr<PendingWrite> pending(static_cast<PendingWrite*>(request->data));
  if (status == UV_ECANCELED) return;
  uv_stream_t* stream = request->handle;
  if (status < 0 || uv_read_start(stream, give_scratch, on_read) < 0) {
    close_connection(*static_cast<Connection*>(stream->data));
  }
}

void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
  Connection& connection = *static_cast<Connection*>(stream->data);
  if (size == 0) return;
  if (size < 0) {
    close_connection(connection);
    return;
  }
  if (timed) uv_timer_again(&static_cast<TimedConnection&>(connection).timer);

  uv_buf_t answer = uv_buf_init(buffer->base, static_cast<unsigned>(size));
  const int tried = uv_try_write(stream, &answer, 1);
  if (tried == size) return;
  if (tried < 0 && tried != UV_EAGAIN) {
    close_connection(connection);
    return;
  }
  auto* pending = new PendingWrite;
  pending->request.data = pending;
  pending->bytes.assign(buffer->base + (tried > 0 ? tried : 0), buffer->base + size);
  answer = uv_buf_init(pending->bytes.data(), static_cast<unsigned>(pending->bytes.size()));
  uv_read_stop(stream);
  check(uv_write(&pending->request, stream, &answer, 1, on_written), "uv_write");
}

void on_connection(uv_stream_t* listener, int status) {
  check(status, "listener");
  Connection* connection = timed ? new TimedConnection : new Connection;
  check(uv_tcp_init(listener->loop, &connection->tcp), "uv_tcp_init");
  connection->tcp.data = connection;
  check(uv_accept(listener, stream_of(*connection)), "uv_accept");
  check(uv_tcp_nodelay(&connection->tcp, 1), "uv_tcp_nodelay");
  check(uv_read_start(stream_of(*connection), give_scratch, on_read), "uv_read_start");
  if (timed) {
    uv_timer_t& timer = static_cast<TimedConnection*>(connection)->timer;
    check(uv_timer_init(listener->loop, &timer), "uv_timer_init");
    timer.data = connection;
    constexpr std::uint64_t kMilliseconds = 1000ULL * bench::kIdleSeconds;
    const auto expire = [](uv_timer_t* t) { close_connection(*static_cast<Connection*>(t->data)); };
    check(uv_timer_start(&timer, expire, kMilliseconds, kMilliseconds), "uv_timer_start");
  }
}

void on_datagram(uv_udp_t* socket, ssize_t size, const uv_buf_t* buffer, const sockaddr* from,
                 unsigned) {
  if (size < 0 || from == nullptr) return;
  uv_buf_t answer = uv_buf_init(buffer->base, static_cast<unsigned>(size));
  if (uv_udp_try_send(socket, &answer, 1, from) != UV_EAGAIN) return;
  auto* pending = new PendingDatagram;
  pending->request.data = pending;
  pending->bytes.assign(buffer->base, buffer->base + size);
  answer = uv_buf_init(pending->bytes.data(), static_cast<unsigned>(pending->bytes.size()));
  const auto done = [](uv_udp_send_t* r, int) { delete static_cast<PendingDatagram*>(r->data); };
  if (uv_udp_send(&pending->request, socket, &answer, 1, from, done) < 0) delete pending;
}

void give_datagram_scratch(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
  *buffer = uv_buf_init(scratch.data(), scratch.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = bench::parse_mode(argc, argv, {"echo", "idle", "udp"});
  bench::prepare_process();
  timed = mode == "idle";
  uv_loop_t* loop = uv_default_loop();

  uv_tcp_t listener;
  uv_udp_t socket;
  if (mode == "udp") {
    const int descriptor = bench::bind_udp();
    check(uv_udp_init_ex(loop, &socket, AF_UNSPEC | UV_UDP_RECVMMSG), "uv_udp_init_ex");
    check(uv_udp_open(&socket, descriptor), "uv_udp_open");
    check(uv_udp_recv_start(&socket, give_datagram_scratch, on_datagram), "uv_udp_recv_start");
    bench::announce(descriptor);
  } else {
    const int descriptor = bench::listen_tcp();
    check(uv_tcp_init(loop, &listener), "uv_tcp_init");
    check(uv_tcp_open(&listener, descriptor), "uv_tcp_open");
    check(uv_listen(reinterpret_cast<uv_stream_t*>(&listener), SOMAXCONN, on_connection),
          "uv_listen");
    bench::announce(descriptor);
  }
  uv_run(loop, UV_RUN_DEFAULT);
}
