// Each connection sends a message, waits for all of it to come back, and sends the next.
#ifndef SLUICE_BENCH_ROUND_TRIPS_H
#define SLUICE_BENCH_ROUND_TRIPS_H

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "load.h"

namespace bench {

// `Stream` is a connection that does not block, and can be moved: send() sends all or fails,
// receive() returns 0 when nothing is there, and descriptor() is watched.
template <class Stream>
class RoundTrips {
 public:
  // `connect` makes one.
  template <class Connect>
  RoundTrips(const Request& request, const Connect& connect) : request_(request) {
    peers_.reserve(request.connections);
    for (std::size_t i = 0; i < request.connections; ++i) {
      Peer& peer = peers_.emplace_back(Peer{connect(), i * 7919});
      epoll_.add(peer.stream.descriptor(), EPOLLIN, &peer);
    }
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
  struct Peer {
    Stream stream;
    std::uint64_t position;  // of the message under way, in the pattern
    std::size_t received = 0;
  };

  void turn(bool again) {
    for (const epoll_event& event : epoll_.wait(100)) {
      Peer& peer = *static_cast<Peer*>(event.data.ptr);
      if (receive(peer) && again) send_message(peer);
    }
  }

  void send_message(Peer& peer) {
    peer.stream.send(pattern_.at(peer.position, request_.size));
    ++under_way_;
  }

  // True when the whole message is back.
  bool receive(Peer& peer) {
    const std::span room(buffer_.data(), request_.size - peer.received);
    const std::size_t size = peer.stream.receive(room);
    if (!pattern_.matches(peer.position + peer.received, room.first(size))) ++wrong_;
    peer.received += size;
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

}  // namespace bench

#endif
