// One connection's echo with nothing but recv and send: what the two bare servers have in common.
#ifndef SLUICE_BENCH_ECHO_STREAM_H
#define SLUICE_BENCH_ECHO_STREAM_H

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace bench {

// What a connection waits for next.
enum class Next { readable, writable, closed };

// While bytes are left over that the peer has not taken, the caller waits for `writable` alone and
// so reads no more: that is the whole of the backpressure. An idle connection owns only a null
// pointer.
class EchoStream {
 public:
  Next on_readable(int descriptor, std::span<char> scratch) {
    const ssize_t received = recv(descriptor, scratch.data(), scratch.size(), 0);
    if (received == 0) return Next::closed;
    if (received < 0) return transient() ? Next::readable : Next::closed;

    const std::size_t size = static_cast<std::size_t>(received);
    const ssize_t sent = send(descriptor, scratch.data(), size, MSG_NOSIGNAL);
    if (sent == received) return Next::readable;
    if (sent < 0 && !transient()) return Next::closed;

    const std::size_t taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    const auto rest = scratch.subspan(taken, size - taken);
    unsent_ = std::make_unique<Unsent>(Unsent{{rest.begin(), rest.end()}, 0});
    return Next::writable;
  }

  Next on_writable(int descriptor) {
    const auto rest = std::span(unsent_->bytes).subspan(unsent_->taken);
    const ssize_t sent = send(descriptor, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0) return transient() ? Next::writable : Next::closed;
    unsent_->taken += static_cast<std::size_t>(sent);
    if (unsent_->taken < unsent_->bytes.size()) return Next::writable;
    unsent_.reset();
    return Next::readable;
  }

 private:
  struct Unsent {
    std::vector<char> bytes;
    std::size_t taken;
  };

  static bool transient() { return errno == EAGAIN || errno == EINTR; }

  std::unique_ptr<Unsent> unsent_;
};

}  // namespace bench

#endif
