#include "round_trips.h"

#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

class PlainStream {
 public:
  explicit PlainStream(std::uint16_t port) : descriptor_(connect_tcp(port)) {}
  PlainStream(PlainStream&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  PlainStream& operator=(PlainStream&&) = delete;
  ~PlainStream() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  void send(std::span<const char> bytes) const {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    // At most one message is under way, so that it always fits into the socket's buffer.
    if (sent != static_cast<ssize_t>(bytes.size())) fail("send of one message");
  }
  // The socket is readable, so that there is a byte or the end.
  std::size_t receive(std::span<char> into) const {
    const ssize_t size = recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
    if (size <= 0) fail(size == 0 ? "the server closed a connection" : "recv");
    return static_cast<std::size_t>(size);
  }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

Result run_round_trips(const Request& request) {
  return RoundTrips<PlainStream>(request, [&request] { return PlainStream(request.port); }).run();
}

}  // namespace bench
