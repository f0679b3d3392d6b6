// The system calls that receive and send many datagrams at once, or what stands in for them.
//
// What it is: the door to recvmmsg() and sendmmsg() on Linux (datagram_batch_mmsg.cc), and to loops
// of recvmsg() and sendmsg() elsewhere and with SLUICE_PORTABLE (datagram_batch_posix.cc).
// REQUIRES: a non-blocking descriptor and at least one message.
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

// How far a batch came. Without an error it may have come less far than it could: the next call
// tells why.
struct BatchResult {
  std::size_t done;  // messages received or sent, from the first on
  int error;         // what became of the message after these; 0: it was not tried
};

[[nodiscard]] BatchResult receive_batch(int fd, std::span<BatchMessage> messages) noexcept;
[[nodiscard]] BatchResult send_batch(int fd, std::span<BatchMessage> messages) noexcept;

}  // namespace sluice

#endif
