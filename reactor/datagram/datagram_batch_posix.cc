#include "datagram_batch.h"

#if !SLUICE_HAS_MMSG

#include <sys/types.h>

#include <cerrno>

namespace sluice {

namespace {

template <class Call>
BatchResult each(std::span<BatchMessage> messages, Call call) noexcept {
  BatchResult result{0, 0};
  for (BatchMessage& message : messages) {
    const ssize_t size = call(message.msg_hdr);
    if (size < 0) {
      // Unlike recvmmsg(), recvmsg() clears a pending error, so it must be returned now.
      result.error = errno;
      break;
    }
    message.msg_len = static_cast<unsigned>(size);
    ++result.done;
  }
  return result;
}

}  // namespace

BatchResult receive_batch(int fd, std::span<BatchMessage> messages) noexcept {
  return each(messages, [fd](msghdr& header) { return ::recvmsg(fd, &header, 0); });
}

BatchResult send_batch(int fd, std::span<BatchMessage> messages) noexcept {
  return each(messages, [fd](msghdr& header) { return ::sendmsg(fd, &header, MSG_NOSIGNAL); });
}

}  // namespace sluice

#endif
