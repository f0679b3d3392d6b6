#include "datagram_batch.h"

#if SLUICE_HAS_MMSG

#include <cerrno>

namespace sluice {

namespace {

// An error after the first message is not returned here. The kernel keeps it for the next
// recvmmsg(), and the next sendmmsg() runs into it again.
BatchResult result_of(int done) noexcept {
  return done < 0 ? BatchResult{0, errno} : BatchResult{static_cast<std::size_t>(done), 0};
}

}  // namespace

BatchResult receive_batch(int fd, std::span<BatchMessage> messages) noexcept {
  const auto count = static_cast<unsigned>(messages.size());
  return result_of(::recvmmsg(fd, messages.data(), count, 0, nullptr));
}

BatchResult send_batch(int fd, std::span<BatchMessage> messages) noexcept {
  const auto count = static_cast<unsigned>(messages.size());
  return result_of(::sendmmsg(fd, messages.data(), count, MSG_NOSIGNAL));
}

}  // namespace sluice

#endif
