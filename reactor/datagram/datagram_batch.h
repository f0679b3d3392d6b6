// The system calls that receive and send several datagrams at once, or their replacement.
//
// What it is: recvmmsg() and sendmmsg() on Linux (datagram_batch_mmsg.cc); loops of recvmsg() and
// sendmsg() on other systems and with SLUICE_PORTABLE (datagram_batch_posix.cc). REQUIRES: a
// non-blocking descriptor and at least one message.
// Source: recvmmsg(2), sendmmsg(2); POSIX.1-2017 recvmsg(), sendmsg().
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_BATCH_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_BATCH_H

#include <sys/socket.h>

#include <cstddef>
#include <span>

#if defined(__linux__) && !defined(SLUICE_PORTABLE)
#define SLUICE_HAS_MMSG 1
#else
#define SLUICE_HAS_MMSG 0
#endif

namespace sluice {

#if SLUICE_HAS_MMSG
using BatchMessage = mmsghdr;
#else
struct BatchMessage {
  msghdr msg_hdr;
  unsigned msg_len;  // bytes received or sent
};
#endif

// The result of a batch. If `done` is less than the number of messages and there is no error, the
// next call returns the reason.
struct BatchResult {
  std::size_t done;  // messages received or sent, from the first on
  int error;         // the errno of the next message; 0: it was not tried
};

[[nodiscard]] BatchResult receive_batch(int fd, std::span<BatchMessage> messages) noexcept;
[[nodiscard]] BatchResult send_batch(int fd, std::span<BatchMessage> messages) noexcept;

}  // namespace sluice

#endif
