// An echo server over TLS on libevent's bufferevent_openssl: what came in is moved to the output
// without a copy. Idle connections give back their buffers, which libevent leaves to the program.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "../common.h"
#include "tls_context.h"

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

void on_event(bufferevent* connection, short what, void*) {
  if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) bufferevent_free(connection);
}

void on_accept(evconnlistener* listener, evutil_socket_t descriptor, sockaddr*, int,
               void* context) {
  bench::set_no_delay(descriptor);
  event_base* base = evconnlistener_get_base(listener);
  SSL* const ssl = SSL_new(static_cast<SSL_CTX*>(context));
  if (ssl == nullptr) bench::fail("SSL_new");
  bufferevent* connection = bufferevent_openssl_socket_new(
      base, descriptor, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
  if (connection == nullptr) bench::fail("bufferevent_openssl_socket_new");
  bufferevent_openssl_set_allow_dirty_shutdown(connection, 1);
  bufferevent_setcb(connection, on_read, on_drained, on_event, nullptr);
  bufferevent_enable(connection, EV_READ | EV_WRITE);
}

}  // namespace

int main(int argc, char** argv) {
  bench::parse_mode(argc, argv, {"tls"});
  bench::prepare_process();
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) bench::fail("SSL_CTX_new");
  bench::prepare_context(context);
  event_base* base = event_base_new();
  if (base == nullptr) bench::fail("event_base_new");
  const int descriptor = bench::listen_tcp();
  evconnlistener* listener =
      evconnlistener_new(base, on_accept, context, LEV_OPT_CLOSE_ON_FREE, 0, descriptor);
  if (listener == nullptr) bench::fail("evconnlistener_new");
  bench::announce(descriptor);
  event_base_dispatch(base);
  evconnlistener_free(listener);
  event_base_free(base);
  SSL_CTX_free(context);
}
