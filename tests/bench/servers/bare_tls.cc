// A server on epoll and OpenSSL alone, with the one mode that makes idle connections small.
// BENCH_CERT and BENCH_KEY name the files of its certificate and key.
//   tls        sends back what it reads
//   tls-relay  sends it to all other connections; one that does not read ends the program
#include <openssl/ssl.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <vector>

#include "../common.h"
#include "tls_context.h"

namespace {

constexpr std::size_t kMaxRecord = 16 * 1024;

struct Connection {
  int descriptor;
  SSL* ssl;
  std::vector<char> unsent;
  std::uint32_t events = EPOLLIN;
};

class Server {
 public:
  explicit Server(bool relays)
      : relays_(relays),
        listener_(bench::listen_tcp()),
        context_(SSL_CTX_new(TLS_server_method())) {
    bench::prepare_context(context_);
    epoll_.add(listener_, EPOLLIN, nullptr);
    bench::announce(listener_);
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const epoll_event& event : epoll_.wait(-1)) {
        if (event.data.ptr == nullptr) {
          accept_all();
        } else {
          serve(*static_cast<Connection*>(event.data.ptr));
        }
      }
    }
  }

 private:
  void accept_all() {
    for (int fd = bench::accept_tcp(listener_); fd >= 0; fd = bench::accept_tcp(listener_)) {
      auto* connection = new Connection{fd, SSL_new(context_), {}};
      SSL_set_fd(connection->ssl, fd);
      SSL_set_accept_state(connection->ssl);
      epoll_.add(fd, EPOLLIN, connection);
      if (relays_) all_.push_back(connection);
    }
  }

  void send_to_others(const Connection& from, int size) {
    for (Connection* const other : all_) {
      if (other == &from) continue;
      if (SSL_write(other->ssl, scratch_.data(), size) <= 0) bench::fail("a member does not read");
    }
  }

  void serve(Connection& connection) {
    if (!connection.unsent.empty() && !write(connection)) return;
    for (;;) {
      const int size = SSL_read(connection.ssl, scratch_.data(), static_cast<int>(kMaxRecord));
      if (size <= 0) return wait_or_close(connection, size);
      if (relays_) {
        send_to_others(connection, size);
      } else {
        connection.unsent.assign(scratch_.data(), scratch_.data() + size);
        if (!write(connection)) return;
      }
      // A record that is not full is nearly always the last one that has arrived.
      if (size < static_cast<int>(kMaxRecord) && SSL_pending(connection.ssl) == 0) {
        return wait_for(connection, EPOLLIN);
      }
    }
  }

  // False if the rest has to wait, or the connection is gone.
  bool write(Connection& connection) {
    const int size = static_cast<int>(connection.unsent.size());
    const int written = SSL_write(connection.ssl, connection.unsent.data(), size);
    if (written <= 0) {
      wait_or_close(connection, written);
      return false;
    }
    connection.unsent.clear();
    connection.unsent.shrink_to_fit();
    return true;
  }

  void wait_or_close(Connection& connection, int returned) {
    switch (SSL_get_error(connection.ssl, returned)) {
      case SSL_ERROR_WANT_READ:
        return wait_for(connection, EPOLLIN);
      case SSL_ERROR_WANT_WRITE:
        return wait_for(connection, EPOLLOUT);
      case SSL_ERROR_ZERO_RETURN:
        SSL_shutdown(connection.ssl);
        break;
      default:
        break;
    }
    std::erase(all_, &connection);
    SSL_free(connection.ssl);
    ::close(connection.descriptor);
    delete &connection;
  }

  void wait_for(Connection& connection, std::uint32_t events) {
    if (connection.events == events) return;
    connection.events = events;
    epoll_.modify(connection.descriptor, events, &connection);
  }

  const bool relays_;
  const int listener_;
  std::vector<Connection*> all_;  // only if it relays
  SSL_CTX* const context_;
  bench::Epoll epoll_;
  std::array<char, kMaxRecord> scratch_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto mode = bench::parse_mode(argc, argv, {"tls", "tls-relay"});
  bench::prepare_process();
  Server(mode == "tls-relay").run();
}
