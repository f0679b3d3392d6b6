#include "descriptor_message.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace sluice::tools {
namespace {

[[noreturn]] void fail(int error, const char* call) {
  throw std::system_error(error, std::generic_category(), call);
}

struct alignas(cmsghdr) Control {
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

MessageStatus status_of(int error, const char* call) {
  if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS)
    return MessageStatus::would_block;
  if (error == EPIPE || error == ECONNRESET) return MessageStatus::ended;
  fail(error, call);
}

// All of them are ours now. The room for one may have padding, in which the kernel puts another.
std::size_t take_descriptors(msghdr& header, Fd& first) {
  std::size_t count = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t numbers = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < numbers; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(part) + i * sizeof number, sizeof number);
      Fd owned(number);
      if (count++ == 0) first = std::move(owned);
    }
  }
  return count;
}

}  // namespace

std::pair<Fd, Fd> make_message_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) != 0) fail(errno, "socketpair");
  std::pair<Fd, Fd> pair{Fd(ends[0]), Fd(ends[1])};
  set_nonblocking_cloexec(ends[0]);
  set_nonblocking_cloexec(ends[1]);
  return pair;
}

MessageStatus send_message(int socket, std::span<const std::byte> bytes, int fd) {
  iovec data{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  Control control{};
  if (fd >= 0) {
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();
    cmsghdr* const part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
  }
  while (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return status_of(errno, "sendmsg");
  }
  return MessageStatus::done;
}

MessageStatus receive_message(int socket, std::span<std::byte> room, ReceivedMessage& message) {
  iovec data{room.data(), room.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  ssize_t count = 0;
  while ((count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0) {
    if (errno != EINTR) return status_of(errno, "recvmsg");
  }
  Fd fd;
  const std::size_t descriptors = take_descriptors(header, fd);
  if (count == 0) return MessageStatus::ended;
  message.size = static_cast<std::size_t>(count);
  message.is_whole = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 && descriptors <= 1;
  message.fd = message.is_whole ? std::move(fd) : Fd();
  return MessageStatus::done;
}

bool wait_for_socket(int socket, short events, std::chrono::steady_clock::time_point end) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd ready{.fd = socket, .events = events, .revents = 0};
    const int result = ::poll(&ready, 1, static_cast<int>(std::max<long long>(left.count(), 0)));
    if (result < 0 && errno == EINTR) continue;
    if (result < 0) fail(errno, "poll");
    return result > 0;
  }
}

}  // namespace sluice::tools
