// Several datagrams of one size as one message of a system call: the kernel, or the network card,
// cuts it into datagrams when it is sent (UDP_SEGMENT), and joins what arrives together (UDP_GRO).
//
// What it is: whether the system can, and the ancillary data. On other systems than Linux, and with
// SLUICE_PORTABLE, it cannot.
// Source: udp(7); include/uapi/linux/udp.h.
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_SEGMENTS_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_SEGMENTS_H

#include <sys/socket.h>

#include <cstddef>

#include "datagram_destination.h"

namespace sluice {

// The limits of Linux 4.18 and later: datagrams in one message, and their bytes, less the largest
// headers.
inline constexpr std::size_t kMaxSegments = 64;
inline constexpr std::size_t kMaxSegmentBytes = 65'000;

// Whether messages on `fd` may be cut. One system call.
[[nodiscard]] bool can_cut(int fd) noexcept;
// Asks the kernel to join what arrives on `fd`, or not to. Returns whether it does.
[[nodiscard]] bool join_received(int fd, bool wanted) noexcept;
// Whether a message that was to be cut may have failed because of that, and not by itself: the
// route's MTU is smaller than a segment, or the device cannot.
[[nodiscard]] bool refuses_cut(int error) noexcept;

// Appends the size of the segments to the ancillary data of `header`, after write_source().
void write_segment(std::size_t size, DatagramControl& control, msghdr& header) noexcept;
// The size of the joined datagrams, of which the last may be shorter; 0 if it is one.
[[nodiscard]] std::size_t read_segment(const msghdr& header) noexcept;

}  // namespace sluice

#endif
