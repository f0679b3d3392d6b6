// Each connection sends a message, waits for all of it to come back, and sends the next.
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "load.h"

namespace bench {
namespace {

struct Peer {
  int descriptor;
  std::uint64_t position;  // of the message under way, in the pattern
  std::size_t received = 0;
};

class RoundTrips {
 public:
  explicit RoundTrips(const Request& request) : request_(request) {
    peers_.reserve(request.connections);
    for (std::size_t i = 0; i < request.connections; ++i) {
      Peer& peer = peers_.emplace_back(Peer{connect_tcp(request.port), i * 7919});
      epoll_.add(peer.descriptor, EPOLLIN, &peer);
    }
  }

  ~RoundTrips() {
    for (const Peer& peer : peers_) close(peer.descriptor);
  }

  Result run() {
    Window window(request_);
    for (Peer& peer : peers_) send_message(peer);
    while (window.running(done_)) turn(true);
    // What is still under way must arrive, too.
    const auto give_up = Clock::now() + std::chrono::seconds(5);
    while (under_way_ > 0 && Clock::now() < give_up) turn(false);

    Result result;
    window.report(result);
    result.emplace_back("lost", static_cast<double>(under_way_ + wrong_));
    return result;
  }

 private:
  void turn(bool again) {
    for (const epoll_event& event : epoll_.wait(100)) {
      Peer& peer = *static_cast<Peer*>(event.data.ptr);
      if (receive(peer) && again) send_message(peer);
    }
  }

  void send_message(Peer& peer) {
    const auto message = pattern_.at(peer.position, request_.size);
    const ssize_t sent = send(peer.descriptor, message.data(), message.size(), MSG_DONTWAIT);
    // At most one message is under way, so that it always fits into the socket's buffer.
    if (sent != static_cast<ssize_t>(message.size())) fail("send of one message");
    ++under_way_;
  }

  // True when the whole message is back.
  bool receive(Peer& peer) {
    const std::size_t room = request_.size - peer.received;
    const ssize_t size = recv(peer.descriptor, buffer_.data(), room, MSG_DONTWAIT);
    if (size <= 0) fail(size == 0 ? "the server closed a connection" : "recv");
    const std::span received(buffer_.data(), static_cast<std::size_t>(size));
    if (!pattern_.matches(peer.position + peer.received, received)) ++wrong_;
    peer.received += received.size();
    if (peer.received < request_.size) return false;
    peer.received = 0;
    peer.position += request_.size;
    ++done_;
    --under_way_;
    return true;
  }

  const Request& request_;
  const Pattern pattern_;
  Epoll epoll_;
  std::vector<Peer> peers_;
  std::array<char, Pattern::kMaxSize> buffer_;
  std::uint64_t done_ = 0;
  std::uint64_t under_way_ = 0;
  std::uint64_t wrong_ = 0;
};

}  // namespace

Result run_round_trips(const Request& request) { return RoundTrips(request).run(); }

}  // namespace bench
