// Each socket keeps a window of numbered datagrams under way. Loopback keeps their order, so that
// an answer shows those before it to be lost; so does silence for all of them.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "load.h"

namespace bench {
namespace {

// All windows together stay below what a socket's default receive buffer holds (some 270 small
// ones).
constexpr std::size_t kWindow = 32;
constexpr std::chrono::milliseconds kPatience{200};
constexpr std::size_t kLargest = 2048;

struct Peer {
  int descriptor;
  Clock::time_point last_heard;
  std::uint64_t oldest = 0;  // the first number that is under way
  std::uint64_t next = 0;    // the first that is not sent
};

class Datagrams {
 public:
  explicit Datagrams(const Request& request) : request_(request) {
    if (request.size < sizeof(std::uint64_t) || request.size > kLargest) {
      errno = EMSGSIZE;
      fail("--size of a datagram");
    }
    for (std::size_t i = 0; i < kWindow; ++i) {
      parts_[i] = {slots_[i].data(), request.size};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
    peers_.reserve(request.connections);
    for (std::size_t i = 0; i < request.connections; ++i) open_peer();
  }

  ~Datagrams() {
    for (const Peer& peer : peers_) close(peer.descriptor);
  }

  Result run() {
    Window window(request_);
    for (Peer& peer : peers_) fill(peer);
    while (window.running(done_)) {
      for (const epoll_event& event : epoll_.wait(20)) receive(*static_cast<Peer*>(event.data.ptr));
      if (Clock::now() - last_check_ > kPatience / 4) give_up_on_silent_peers();
    }
    Result result;
    window.report(result);
    result.emplace_back("datagrams_lost", static_cast<double>(datagrams_lost_));
    result.emplace_back("lost", static_cast<double>(wrong_));
    return result;
  }

 private:
  void open_peer() {
    const int descriptor = bind_udp();
    const sockaddr_in server = loopback(request_.port);
    require(connect(descriptor, reinterpret_cast<const sockaddr*>(&server), sizeof server),
            "connect");
    Peer& peer = peers_.emplace_back(Peer{descriptor, Clock::now()});
    epoll_.add(descriptor, EPOLLIN, &peer);
  }

  void fill(Peer& peer) {
    const auto count = static_cast<unsigned>(kWindow - (peer.next - peer.oldest));
    if (count == 0) return;
    for (unsigned i = 0; i < count; ++i) {
      const std::uint64_t number = peer.next + i;
      std::memcpy(slots_[i].data(), &number, sizeof number);
    }
    const int sent = sendmmsg(peer.descriptor, messages_.data(), count, MSG_DONTWAIT);
    if (sent > 0) peer.next += static_cast<std::uint64_t>(sent);
  }

  void receive(Peer& peer) {
    const int received =
        recvmmsg(peer.descriptor, messages_.data(), kWindow, MSG_DONTWAIT, nullptr);
    if (received < 0 && errno != EAGAIN) fail("recvmmsg");
    for (int i = 0; i < received; ++i) {
      const auto slot = static_cast<std::size_t>(i);
      std::uint64_t number = 0;
      std::memcpy(&number, slots_[slot].data(), sizeof number);
      if (messages_[slot].msg_len != request_.size || number >= peer.next) ++wrong_;
      if (number < peer.oldest || number >= peer.next) continue;
      datagrams_lost_ += number - peer.oldest;
      peer.oldest = number + 1;
      ++done_;
    }
    peer.last_heard = Clock::now();
    fill(peer);
  }

  void give_up_on_silent_peers() {
    last_check_ = Clock::now();
    for (Peer& peer : peers_) {
      if (last_check_ - peer.last_heard < kPatience) continue;
      datagrams_lost_ += peer.next - peer.oldest;
      peer.oldest = peer.next;
      peer.last_heard = last_check_;
      fill(peer);
    }
  }

  const Request& request_;
  Epoll epoll_;
  std::vector<Peer> peers_;
  std::array<std::array<char, kLargest>, kWindow> slots_{};
  std::array<iovec, kWindow> parts_{};
  std::array<mmsghdr, kWindow> messages_{};
  Clock::time_point last_check_ = Clock::now();
  std::uint64_t done_ = 0;
  std::uint64_t datagrams_lost_ = 0;
  std::uint64_t wrong_ = 0;
};

}  // namespace

Result run_datagrams(const Request& request) { return Datagrams(request).run(); }

}  // namespace bench
