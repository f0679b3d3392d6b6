// A UDP service that converts text to upper case, and its client.
//
//   datagram            sends itself three requests, then exits
//   datagram ENDPOINT   serves on ENDPOINT, such as udp://*:7007
#include <cstdio>
#include <exception>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <sluice/datagram.h>
#include <sluice/loop.h>

using sluice::Datagram;
using sluice::DatagramSocket;

namespace {

std::string text_of(const Datagram& datagram) {
  const auto* chars = reinterpret_cast<const char*>(datagram.data.data());
  return {chars, datagram.data.size()};
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

class Upper final : public sluice::DatagramHandler {
 public:
  void on_datagram(DatagramSocket& socket,
                   const Datagram& datagram) override {
    std::string text = text_of(datagram);
    for (char& c : text) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    socket.reply(datagram, bytes_of(text));
  }
};

// Sends each word when the answer to the previous one has arrived.
class Client final : public sluice::DatagramHandler {
 public:
  void ask(DatagramSocket& socket) const {
    socket.send(bytes_of(kWords[answers_]));
  }

  void on_datagram(DatagramSocket& socket,
                   const Datagram& datagram) override {
    std::printf("%s: %s\n", kWords[answers_], text_of(datagram).c_str());
    if (++answers_ < std::size(kWords)) return ask(socket);
    socket.loop().stop();
  }

  // For example, no service is there. A lost datagram causes no error, so
  // a client of a remote service also needs a timer.
  void on_error(DatagramSocket& socket, std::error_code error,
                const sluice::Address& to) override {
    std::printf("%s: %s\n", to.to_string().c_str(),
                error.message().c_str());
    socket.loop().stop();
  }

 private:
  static constexpr const char* kWords[] = {"one", "Two", "3"};
  std::size_t answers_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  const char* where = argc > 1 ? argv[1] : "udp://127.0.0.1:0";
  Upper upper;
  Client client;
  sluice::Loop loop;
  const DatagramSocket service(loop, sluice::Endpoint::from(where), upper);
  if (argc > 1) {
    std::printf("serving %s\n", service.local().to_string().c_str());
    std::fflush(stdout);
    loop.run();
    return 0;
  }

  const auto asking =
      DatagramSocket::connect(loop, service.local(), client);
  client.ask(*asking);
  loop.run();
  const auto received = loop.counters().datagrams_in;
  std::printf("%d datagrams were received\n", static_cast<int>(received));
} catch (const std::exception& error) {
  std::fprintf(stderr, "datagram: %s\n", error.what());
  return 1;
}
