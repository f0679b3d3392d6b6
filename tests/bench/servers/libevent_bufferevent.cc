// An echo server on libevent's bufferevents: what came in is moved to the output without a copy.
//   echo  no timeouts
//   idle  a read timeout a bufferevent
// libevent 2.1 reads at most 4 KiB at once, whatever bufferevent_set_max_single_read() says.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include <string_view>

#include "../common.h"

namespace {

// Above this much unsent output a connection stops reading, as its peer does not take its answers.
constexpr std::size_t kHighWater = bench::kReadSize;

std::size_t unsent(bufferevent* connection) {
  return evbuffer_get_length(bufferevent_get_output(connection));
}

void on_read(bufferevent* connection, void*) {
  bufferevent_write_buffer(connection, bufferevent_get_input(connection));
  if (unsent(connection) >= kHighWater) bufferevent_disable(connection, EV_READ);
}

// Runs when the output is empty: the low-water mark for writing is 0 by default.
void on_drained(bufferevent* connection, void*) {
  if ((bufferevent_get_enabled(connection) & EV_READ) == 0) bufferevent_enable(connection, EV_READ);
}

void close_when_drained(bufferevent* connection, void*) { bufferevent_free(connection); }

void on_event(bufferevent* connection, short what, void*) {
  if ((what & BEV_EVENT_EOF) != 0 && unsent(connection) > 0) {
    bufferevent_disable(connection, EV_READ);
    bufferevent_setcb(connection, nullptr, close_when_drained, on_event, nullptr);
    return;
  }
  bufferevent_free(connection);
}

void on_accept(evconnlistener* listener, evutil_socket_t descriptor, sockaddr*, int, void* timed) {
  bench::set_no_delay(descriptor);
  event_base* base = evconnlistener_get_base(listener);
  bufferevent* connection = bufferevent_socket_new(base, descriptor, BEV_OPT_CLOSE_ON_FREE);
  if (connection == nullptr) bench::fail("bufferevent_socket_new");
  bufferevent_set_max_single_read(connection, bench::kReadSize);
  bufferevent_set_max_single_write(connection, bench::kReadSize);
  bufferevent_setcb(connection, on_read, on_drained, on_event, nullptr);
  if (*static_cast<const bool*>(timed)) {
    const timeval timeout{bench::kIdleSeconds, 0};
    bufferevent_set_timeouts(connection, &timeout, nullptr);
  }
  bufferevent_enable(connection, EV_READ | EV_WRITE);
}

}  // namespace

int main(int argc, char** argv) {
  bool timed = bench::parse_mode(argc, argv, {"echo", "idle"}) == "idle";
  bench::prepare_process();

  event_base* base = event_base_new();
  if (base == nullptr) bench::fail("event_base_new");
  const int descriptor = bench::listen_tcp();
  evconnlistener* listener =
      evconnlistener_new(base, on_accept, &timed, LEV_OPT_CLOSE_ON_FREE, 0, descriptor);
  if (listener == nullptr) bench::fail("evconnlistener_new");
  bench::announce(descriptor);
  event_base_dispatch(base);
  evconnlistener_free(listener);
  event_base_free(base);
}
