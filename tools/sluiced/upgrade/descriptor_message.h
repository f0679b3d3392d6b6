// Messages between two processes of one host, each of bytes and at most one descriptor.
//
// What it is: a pair of sockets that keeps the bounds of messages, and the calls that send and
// receive one. The receiver trusts nothing: a message that is too long for its room, or that has
// more than one descriptor, is reported as such, and the descriptors are closed.
// Thread: any. Errors: std::system_error. Source: unix(7), SOCK_SEQPACKET, SCM_RIGHTS.
#ifndef SLUICE_TOOLS_SLUICED_UPGRADE_DESCRIPTOR_MESSAGE_H
#define SLUICE_TOOLS_SLUICED_UPGRADE_DESCRIPTOR_MESSAGE_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "../../../reactor/base/fd.h"

namespace sluice::tools {

enum class MessageStatus : std::uint8_t { done, would_block, ended };

struct ReceivedMessage {
  std::size_t size = 0;  // bytes in the room
  bool is_whole = true;  // false: it was longer, or had more descriptors
  Fd fd = {};            // close-on-exec; none unless it is whole
};

// Both ends are non-blocking, and closed in a child that executes another program.
std::pair<Fd, Fd> make_message_pair();
// REQUIRES: bytes, because an empty message looks like the end. `fd` stays the caller's.
MessageStatus send_message(int socket, std::span<const std::byte> bytes, int fd = -1);
MessageStatus receive_message(int socket, std::span<std::byte> room, ReceivedMessage& message);
// Waits until one of the events of poll() is there. False at the time `end`.
bool wait_for_socket(int socket, short events, std::chrono::steady_clock::time_point end);

}  // namespace sluice::tools

#endif
