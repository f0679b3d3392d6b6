// A number of slots, each of which connects, exchanges one message, closes, waits for the server to
// close as well, and starts over.
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "load.h"

namespace bench {
namespace {

// The side that closes first keeps the port in TIME_WAIT: many source addresses, many ports.
constexpr unsigned kSources = 64;

struct Slot {
  int descriptor = -1;
  std::uint64_t position = 0;
  std::size_t received = 0;
};

class Connects {
 public:
  explicit Connects(const Request& request) : request_(request), slots_(request.connections) {}

  ~Connects() {
    for (const Slot& slot : slots_) {
      if (slot.descriptor >= 0) close(slot.descriptor);
    }
  }

  Result run() {
    Window window(request_);
    for (Slot& slot : slots_) begin(slot);
    while (window.running(done_)) turn(true);
    const auto give_up = Clock::now() + std::chrono::seconds(5);
    while (begun_ > done_ && Clock::now() < give_up) turn(false);

    Result result;
    window.report(result);
    result.emplace_back("lost", static_cast<double>(begun_ - done_ + wrong_));
    return result;
  }

 private:
  void turn(bool again) {
    for (const epoll_event& event : epoll_.wait(100)) {
      Slot& slot = *static_cast<Slot*>(event.data.ptr);
      if (receive(slot) && again) begin(slot);
    }
  }

  void begin(Slot& slot) {
    const unsigned source = 2 + static_cast<unsigned>(begun_ % kSources);
    slot = {connect_tcp(request_.port, source), begun_ * 7919, 0};
    ++begun_;
    const auto message = pattern_.at(slot.position, request_.size);
    if (send(slot.descriptor, message.data(), message.size(), MSG_DONTWAIT) !=
        static_cast<ssize_t>(message.size())) {
      fail("send of one message");
    }
    epoll_.add(slot.descriptor, EPOLLIN, &slot);
  }

  // True when the server has answered and closed.
  bool receive(Slot& slot) {
    const ssize_t size = recv(slot.descriptor, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size < 0) fail("recv");
    if (size > 0) {
      const std::span received(buffer_.data(), static_cast<std::size_t>(size));
      if (!pattern_.matches(slot.position + slot.received, received)) ++wrong_;
      slot.received += received.size();
      if (slot.received >= request_.size) require(shutdown(slot.descriptor, SHUT_WR), "shutdown");
      return false;
    }
    if (slot.received != request_.size) ++wrong_;
    close(slot.descriptor);
    slot.descriptor = -1;
    ++done_;
    return true;
  }

  const Request& request_;
  const Pattern pattern_;
  Epoll epoll_;
  std::vector<Slot> slots_;
  std::array<char, Pattern::kMaxSize> buffer_;
  std::uint64_t begun_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t wrong_ = 0;
};

}  // namespace

Result run_connects(const Request& request) { return Connects(request).run(); }

}  // namespace bench
