#include "handover_channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "../../common/names.h"

namespace sluice::tools::daemon {
namespace {

[[noreturn]] void fail(int error, const char* call) {
  throw std::system_error(error, std::generic_category(), call);
}

struct alignas(cmsghdr) Control {
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

HandoverChannel::Status status_of(int error, const char* call) {
  using Status = HandoverChannel::Status;
  if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) return Status::would_block;
  if (error == EPIPE || error == ECONNRESET) return Status::ended;
  fail(error, call);
}

Fd descriptor_in(msghdr& header) {
  Fd fd;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int number = -1;
    std::memcpy(&number, CMSG_DATA(part), sizeof number);
    fd.reset(number);
  }
  return fd;
}

}  // namespace

std::pair<Fd, Fd> HandoverChannel::make_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    fail(errno, "socketpair");
  }
  return {Fd(ends[0]), Fd(ends[1])};
}

HandoverChannel::HandoverChannel(Fd socket) : socket_(std::move(socket)) {
  set_nonblocking_cloexec(socket_.get());
}

HandoverChannel::Status HandoverChannel::send(const std::vector<std::string>& fields,
                                              int fd) const {
  std::string bytes;
  for (const std::string& field : fields) {
    if (!bytes.empty()) bytes += '\0';
    bytes += field;
  }
  if (bytes.size() > kMaxMessage) fail(EMSGSIZE, "sendmsg");
  iovec data{bytes.data(), bytes.size()};
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
  while (::sendmsg(socket_.get(), &header, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return status_of(errno, "sendmsg");
  }
  return Status::done;
}

HandoverChannel::Status HandoverChannel::receive(HandoverMessage& message) const {
  std::array<char, kMaxMessage> bytes{};
  iovec data{bytes.data(), bytes.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  ssize_t count = 0;
  while ((count = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC)) < 0) {
    if (errno != EINTR) return status_of(errno, "recvmsg");
  }
  if (count == 0) return Status::ended;
  message.fd = descriptor_in(header);
  message.fields = split_names({bytes.data(), static_cast<std::size_t>(count)}, '\0');
  return Status::done;
}

bool HandoverChannel::wait(std::chrono::milliseconds deadline) const {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    const int result = ::poll(&ready, 1, static_cast<int>(std::max<long long>(left.count(), 0)));
    if (result < 0 && errno == EINTR) continue;
    return result > 0;
  }
}

}  // namespace sluice::tools::daemon
