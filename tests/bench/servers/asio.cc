// An echo server on standalone Asio.
//   echo         a session reads into a buffer of its own and writes it back, as in Asio's examples
//   idle         the same with a steady_timer armed a session
//   shared       a session waits for readability and reads into one buffer that all share
//   shared-idle  the same with a steady_timer armed a session
#include <array>
#include <asio.hpp>
#include <chrono>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "../common.h"

namespace {

using asio::ip::tcp;

struct Settings {
  bool timed;
  bool shared_buffer;
};

std::array<char, bench::kReadSize> scratch;

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Settings settings)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), settings_(settings) {
    // Not value-initialized: a page of it becomes resident only when a byte arrives in that page.
    if (!settings_.shared_buffer) own_.reset(new char[bench::kReadSize]);
  }

  void start() {
    socket_.set_option(tcp::no_delay(true));
    if (settings_.shared_buffer) socket_.non_blocking(true);
    next();
  }

 private:
  void next() {
    if (settings_.timed) arm();
    if (settings_.shared_buffer) {
      wait();
    } else {
      read();
    }
  }

  void arm() {
    timer_.expires_after(std::chrono::seconds(bench::kIdleSeconds));
    timer_.async_wait([self = shared_from_this()](const asio::error_code& error) {
      if (!error) self->socket_.close();
    });
  }

  void stop() {
    timer_.cancel();
    socket_.close();
  }

  void read() {
    socket_.async_read_some(
        asio::buffer(own_.get(), bench::kReadSize),
        [self = shared_from_this()](const asio::error_code& error, std::size_t size) {
          if (error) return self->stop();
          self->write(asio::buffer(self->own_.get(), size));
        });
  }

  void wait() {
    socket_.async_wait(tcp::socket::wait_read,
                       [self = shared_from_this()](const asio::error_code& error) {
                         if (error) return self->stop();
                         self->read_shared();
                       });
  }

  void read_shared() {
    asio::error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(scratch), error);
    if (error == asio::error::would_block) return next();
    if (error) return stop();
    const std::size_t written = socket_.write_some(asio::buffer(scratch, size), error);
    if (error && error != asio::error::would_block) return stop();
    if (written == size) return next();
    own_.reset(new char[size - written]);
    std::memcpy(own_.get(), scratch.data() + written, size - written);
    write(asio::buffer(own_.get(), size - written));
  }

  void write(asio::mutable_buffer bytes) {
    asio::async_write(socket_, bytes,
                      [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                        if (error) return self->stop();
                        if (self->settings_.shared_buffer) self->own_.reset();
                        self->next();
                      });
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  const Settings settings_;
  std::unique_ptr<char[]> own_;
};

void accept_next(tcp::acceptor& acceptor, Settings settings) {
  acceptor.async_accept([&acceptor, settings](const asio::error_code& error, tcp::socket socket) {
    if (!error) std::make_shared<Session>(std::move(socket), settings)->start();
    accept_next(acceptor, settings);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode =
      bench::parse_mode(argc, argv, {"echo", "idle", "shared", "shared-idle"});
  bench::prepare_process();
  asio::io_context context(1);
  const int descriptor = bench::listen_tcp();
  tcp::acceptor acceptor(context, tcp::v4(), descriptor);
  accept_next(acceptor, {mode.ends_with("idle"), mode.starts_with("shared")});
  bench::announce(descriptor);
  context.run();
}
