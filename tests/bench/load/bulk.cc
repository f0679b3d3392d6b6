// Each connection writes as fast as the server takes it and reads what comes back; at the end it
// closes its own direction and expects every byte before the server's end of file.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "load.h"

namespace bench {
namespace {

struct Peer {
  int descriptor;
  std::uint64_t origin;  // where its bytes begin in the pattern; differs, so that a mix-up shows
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  bool wrong = false;
  bool finished = false;
};

class Bulk {
 public:
  explicit Bulk(const Request& request) : request_(request) {
    peers_.reserve(request.connections);
    for (std::size_t i = 0; i < request.connections; ++i) {
      Peer& peer = peers_.emplace_back(Peer{connect_tcp(request.port), i * 7919});
      epoll_.add(peer.descriptor, EPOLLIN | EPOLLOUT, &peer);
    }
  }

  ~Bulk() {
    for (const Peer& peer : peers_) close(peer.descriptor);
  }

  Result run() {
    Window window(request_);
    while (window.running(bytes_back_)) turn();
    for (Peer& peer : peers_) {
      if (peer.finished) continue;
      require(shutdown(peer.descriptor, SHUT_WR), "shutdown");
      epoll_.modify(peer.descriptor, EPOLLIN, &peer);
    }
    const auto give_up = Clock::now() + std::chrono::seconds(10);
    while (!all_finished() && Clock::now() < give_up) turn();

    Result result;
    window.report(result);
    result.emplace_back("lost", static_cast<double>(lost()));
    return result;
  }

 private:
  void turn() {
    for (const epoll_event& event : epoll_.wait(100)) {
      Peer& peer = *static_cast<Peer*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0) send_block(peer);
      if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) receive(peer);
    }
  }

  void send_block(Peer& peer) {
    const auto block = pattern_.at(peer.origin + peer.sent, request_.size);
    const ssize_t sent = send(peer.descriptor, block.data(), block.size(), MSG_DONTWAIT);
    if (sent > 0) peer.sent += static_cast<std::uint64_t>(sent);
    // After a failure, receive() finds the connection's end, and what is missing counts as lost.
  }

  void receive(Peer& peer) {
    const ssize_t size = recv(peer.descriptor, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size > 0) {
      const std::span received(buffer_.data(), static_cast<std::size_t>(size));
      if (!pattern_.matches(peer.origin + peer.received, received)) peer.wrong = true;
      peer.received += received.size();
      bytes_back_ += received.size();
    } else if (size == 0 || errno != EAGAIN) {
      peer.finished = true;
      epoll_.remove(peer.descriptor);
    }
  }

  bool all_finished() const {
    return std::all_of(peers_.begin(), peers_.end(), [](const Peer& p) { return p.finished; });
  }

  // A connection whose content is wrong, or whose end never came, counts at least one byte.
  std::uint64_t lost() const {
    std::uint64_t bytes = 0;
    for (const Peer& peer : peers_) {
      bytes += peer.sent - std::min(peer.received, peer.sent);
      if (peer.wrong || !peer.finished || peer.received > peer.sent) ++bytes;
    }
    return bytes;
  }

  const Request& request_;
  const Pattern pattern_;
  Epoll epoll_;
  std::vector<Peer> peers_;
  std::array<char, Pattern::kMaxSize> buffer_;
  std::uint64_t bytes_back_ = 0;
};

}  // namespace

Result run_bulk(const Request& request) { return Bulk(request).run(); }

}  // namespace bench
