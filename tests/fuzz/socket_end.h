// The other end of a connection on a socket, for fuzz targets whose subject is what the kernel
// moves: what it sends and receives are bytes of a pattern, so that only their number is kept.
#ifndef SLUICE_TESTS_FUZZ_SOCKET_END_H
#define SLUICE_TESTS_FUZZ_SOCKET_END_H

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "fuzz.h"
#include <sluice/fd.h>

namespace sluice::fuzz {

// The byte at a place of a stream or a file; `which` makes several differ.
inline char pattern_at(std::size_t place, unsigned which) noexcept {
  return static_cast<char>(place ^ place >> 8U ^ place >> 16U ^ which * 85U);
}

// The first is the library's.
inline std::pair<Fd, Fd> socket_pair() {
  int ends[2];
  SLUICE_MUST(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

class SocketEnd {
 public:
  explicit SocketEnd(Fd socket) : socket_(std::move(socket)) {}

  // As much of `size` bytes as the system takes.
  void send(std::size_t size, unsigned which) {
    std::array<char, 4096> bytes;
    while (size > 0 && may_send()) {
      const std::size_t piece = std::min(size, bytes.size());
      for (std::size_t i = 0; i < piece; ++i) bytes[i] = pattern_at(sent_ + i, which);
      const ssize_t count = ::send(socket_.get(), bytes.data(), piece, MSG_NOSIGNAL);
      if (count <= 0) return;
      sent_ += static_cast<std::size_t>(count);
      size -= static_cast<std::size_t>(count);
    }
  }
  // At most `size` bytes, each of which `expect(place, byte)` looks at.
  template <class Expect>
  void receive(std::size_t size, Expect expect) {
    std::array<char, 4096> bytes;
    while (size > 0 && socket_ && !saw_end_) {
      const ssize_t count =
          ::recv(socket_.get(), bytes.data(), std::min(size, bytes.size()), MSG_DONTWAIT);
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        saw_end_ = true;
        failed_ = count < 0;
        return;
      }
      for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        expect(received_ + i, bytes[i]);
      }
      received_ += static_cast<std::size_t>(count);
      size -= static_cast<std::size_t>(count);
    }
  }
  void end() {
    if (may_send()) ::shutdown(socket_.get(), SHUT_WR);
    ended_ = true;
  }
  // Also drops what it has not received.
  void close() {
    socket_.reset();
    ended_ = failed_ = saw_end_ = true;
  }
  [[nodiscard]] bool may_send() const { return socket_ && !ended_; }
  [[nodiscard]] bool saw_end() const { return saw_end_; }
  [[nodiscard]] bool failed() const { return failed_; }  // not in order
  [[nodiscard]] std::size_t sent() const { return sent_; }
  [[nodiscard]] std::size_t received() const { return received_; }

 private:
  Fd socket_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  bool ended_ = false;
  bool saw_end_ = false;
  bool failed_ = false;
};

// Sizes of all kinds: a few bytes, some pages, and what is bulk.
inline std::size_t size_from(Choices& choices) noexcept {
  constexpr std::array<std::size_t, 4> kScales{1, 16, 256, 1024};
  return choices.any(256) * kScales[choices.any(kScales.size())];
}

}  // namespace sluice::fuzz

#endif
