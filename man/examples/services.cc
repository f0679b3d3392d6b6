// Runs two services of the library in one loop, with a client of both.
#include <sys/socket.h>

#include <cstdio>
#include <string>

#include <sluice/connection.h>
#include <sluice/datagram.h>
#include <sluice/datagram_service.h>
#include <sluice/greet.h>
#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/upper.h>

using sluice::Connection;
using sluice::DatagramSocket;
using sluice::Endpoint;

namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Uses the service over TCP until it closes, and then the one over UDP.
class Client final : public sluice::Protocol,
                     public sluice::DatagramHandler {
 public:
  explicit Client(const Endpoint& udp) : udp_(udp) {}

  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    std::printf("over TCP: %s", text_of(in).c_str());
    return in.size();
  }
  void on_close(Connection& connection, std::error_code) override {
    socket_ = DatagramSocket::connect(connection.loop(), udp_, *this);
    socket_->send(std::as_bytes(std::span("sluice\n", 7)));
  }
  void on_datagram(DatagramSocket& socket,
                   const sluice::Datagram& datagram) override {
    std::printf("over UDP: %s", text_of(datagram.data).c_str());
    socket.loop().stop();
  }
  void close() { socket_.reset(); }

 private:
  Endpoint udp_;
  std::unique_ptr<DatagramSocket> socket_;
};

sluice::Fd connect_to(const sluice::Address& address) {
  sluice::Fd fd(::socket(address.family(), SOCK_STREAM, 0));
  if (::connect(fd.get(), address.data(), address.size()) != 0) {
    std::perror("connect");
  }
  return fd;
}

}  // namespace

int main() {
  sluice::Greet greet("hello\n");  // must outlive the loop
  sluice::Loop loop;
  sluice::ReplyGuard guard(loop);
  const sluice::Listener greeter(loop, Endpoint::from("tcp://127.0.0.1:0"),
                                 greet);
  const sluice::DatagramService upper(loop,
                                      Endpoint::from("udp://127.0.0.1:0"),
                                      guard, sluice::upper_answer);

  Client client(upper.endpoint());
  Connection::adopt(loop, connect_to(greeter.endpoint().address()), client);
  loop.run();
  client.close();  // sockets must be destroyed before their loop
}
