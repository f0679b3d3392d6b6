// A chat server on standalone Asio, built as its own chat example is: a line that is read becomes
// one shared payload, each member has a queue of those, and writes the first one until it is gone.
#include <asio.hpp>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>

#include "../common.h"

namespace {

using asio::ip::tcp;
using Line = std::shared_ptr<const std::string>;

class Session;
std::unordered_set<std::shared_ptr<Session>> room;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

  void start() {
    socket_.set_option(tcp::no_delay(true));
    room.insert(shared_from_this());
    read();
  }

 private:
  void read() {
    asio::async_read_until(
        socket_, asio::dynamic_buffer(input_), '\n',
        [self = shared_from_this()](const asio::error_code& error, std::size_t size) {
          if (error) return self->leave();
          const auto line = std::make_shared<const std::string>(self->input_, 0, size);
          self->input_.erase(0, size);
          for (const auto& member : room) {
            if (member != self) member->deliver(line);
          }
          self->read();
        });
  }

  void deliver(const Line& line) {
    queue_.push_back(line);
    if (queue_.size() == 1) write();
  }

  void write() {
    asio::async_write(socket_, asio::buffer(*queue_.front()),
                      [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                        if (error) return self->leave();
                        self->queue_.pop_front();
                        if (!self->queue_.empty()) self->write();
                      });
  }

  void leave() { room.erase(shared_from_this()); }

  tcp::socket socket_;
  std::string input_;
  std::deque<Line> queue_;
};

void accept_next(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](const asio::error_code& error, tcp::socket socket) {
    if (!error) std::make_shared<Session>(std::move(socket))->start();
    accept_next(acceptor);
  });
}

}  // namespace

int main(int argc, char** argv) {
  (void)bench::parse_mode(argc, argv, {"chat"});
  bench::prepare_process();
  asio::io_context context(1);
  const int descriptor = bench::listen_tcp();
  tcp::acceptor acceptor(context, tcp::v4(), descriptor);
  accept_next(acceptor);
  bench::announce(descriptor);
  context.run();
}
