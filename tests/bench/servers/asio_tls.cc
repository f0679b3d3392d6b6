// An echo server over TLS on standalone Asio's ssl::stream: a session reads into a buffer of its
// own and writes it back, as in Asio's examples.
#include <array>
#include <asio.hpp>
#include <asio/ssl.hpp>
#include <memory>
#include <utility>

#include "../common.h"
#include "tls_context.h"

namespace {

using asio::ip::tcp;

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, asio::ssl::context& context)
      : stream_(std::move(socket), context), buffer_(new char[bench::kReadSize]) {}

  void start() {
    stream_.next_layer().set_option(tcp::no_delay(true));
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = shared_from_this()](const asio::error_code& error) {
                              if (!error) self->read();
                            });
  }

 private:
  void read() {
    stream_.async_read_some(
        asio::buffer(buffer_.get(), bench::kReadSize),
        [self = shared_from_this()](const asio::error_code& error, std::size_t size) {
          if (!error) self->write(size);
        });
  }

  void write(std::size_t size) {
    asio::async_write(stream_, asio::buffer(buffer_.get(), size),
                      [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                        if (!error) self->read();
                      });
  }

  asio::ssl::stream<tcp::socket> stream_;
  // Not value-initialized: a page of it becomes resident only when a byte arrives in that page.
  const std::unique_ptr<char[]> buffer_;
};

void accept_next(tcp::acceptor& acceptor, asio::ssl::context& context) {
  acceptor.async_accept([&acceptor, &context](const asio::error_code& error, tcp::socket socket) {
    if (!error) std::make_shared<Session>(std::move(socket), context)->start();
    accept_next(acceptor, context);
  });
}

}  // namespace

int main(int argc, char** argv) {
  bench::parse_mode(argc, argv, {"tls"});
  bench::prepare_process();
  asio::ssl::context tls(asio::ssl::context::tls_server);
  bench::prepare_context(tls.native_handle());
  asio::io_context context(1);
  const int descriptor = bench::listen_tcp();
  tcp::acceptor acceptor(context, tcp::v4(), descriptor);
  accept_next(acceptor, tls);
  bench::announce(descriptor);
  context.run();
}
