// A UDP echo server on epoll, recvmmsg and sendmmsg.
//   udp  the only mode
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "../common.h"

namespace {

constexpr std::size_t kBatch = 32;

class Server {
 public:
  Server() : socket_(bench::bind_udp()) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts_[i].iov_base = slots_[i].bytes.data();
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_name = &slots_[i].peer;
    }
    epoll_.add(socket_, EPOLLIN, nullptr);
    bench::announce(socket_);
  }

  [[noreturn]] void run() {
    for (;;) {
      if (!epoll_.wait(-1).empty()) echo_batch();
    }
  }

 private:
  struct Slot {
    sockaddr_in peer;
    std::array<char, bench::kReadSize> bytes;
  };

  void echo_batch() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts_[i].iov_len = bench::kReadSize;
      messages_[i].msg_hdr.msg_namelen = sizeof slots_[i].peer;
    }
    const int received = recvmmsg(socket_, messages_.data(), kBatch, 0, nullptr);
    for (int i = 0; i < received; ++i) {
      const auto slot = static_cast<std::size_t>(i);
      parts_[slot].iov_len = messages_[slot].msg_len;
    }
    // A datagram that cannot be sent is dropped, as the network might have done.
    for (int sent = 0; sent < received;) {
      const int taken = sendmmsg(socket_, &messages_[static_cast<std::size_t>(sent)],
                                 static_cast<unsigned>(received - sent), 0);
      sent += taken > 0 ? taken : 1;
    }
  }

  const int socket_;
  bench::Epoll epoll_;
  std::array<Slot, kBatch> slots_;
  std::array<iovec, kBatch> parts_{};
  std::array<mmsghdr, kBatch> messages_{};
};

}  // namespace

int main(int argc, char** argv) {
  bench::parse_mode(argc, argv, {"udp"});
  bench::prepare_process();
  static Server server;
  server.run();
}
