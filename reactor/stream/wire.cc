#include "wire.h"

#include <sys/socket.h>

#include "../base/try_again.h"
#include "transport.h"

namespace sluice {

Transport::~Transport() = default;

IoResult Wire::read(std::span<std::byte> into) const {
  if (stream_ != nullptr) return stream_->read(into);
  for (;;) {
    const ssize_t count = ::recv(socket_, into.data(), into.size(), 0);
    if (count > 0) return IoResult::done(static_cast<std::size_t>(count));
    if (count == 0) return IoResult::end();
    if (would_block(errno)) return IoResult::want_read();
    if (errno != EINTR) return IoResult::failed(errno);
  }
}

IoResult Wire::write(std::span<const iovec> parts) const {
  if (stream_ != nullptr) return stream_->write(parts);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  for (;;) {
    const ssize_t count = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (count >= 0) return IoResult::done(static_cast<std::size_t>(count));
    if (would_block(errno)) return IoResult::want_write();
    if (errno != EINTR) return IoResult::failed(errno);
  }
}

IoResult Wire::write(std::span<const std::byte> bytes) const {
  const iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  return write(std::span<const iovec>(&part, 1));
}

IoResult Wire::shutdown_write() const {
  if (stream_ != nullptr) return stream_->shutdown_write();
  // ENOTCONN: the peer has reset the connection, which the next read reports.
  if (::shutdown(socket_, SHUT_WR) == 0 || errno == ENOTCONN) return IoResult::done();
  return IoResult::failed(errno);
}

}  // namespace sluice
