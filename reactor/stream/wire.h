// The bytes below a transport: a connected socket, or a stream in memory.
//
// What it is: a small value from which a Transport reads and to which it writes. On a socket its
// functions are the system calls. A MemoryPeer gives it a Stream instead, so that transports can be
// tested without sockets.
// Lifetime: refers to the socket or the Stream, and owns neither; it may be copied.
// Thread: the loop's. Errors: IoResult::failed with an errno in std::generic_category().
// Source: POSIX.1-2017 recv(), sendmsg(), shutdown().
#ifndef SLUICE_REACTOR_STREAM_WIRE_H
#define SLUICE_REACTOR_STREAM_WIRE_H

#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

#include "../base/export.h"

namespace sluice {

// The result of reading, writing, a handshake or the end of writing.
struct [[nodiscard]] IoResult {
  enum class Status : std::uint8_t {
    done,        // `bytes` were read or written, or the step is complete
    end,         // reading: the peer will send no more
    want_read,   // call again when the wire is readable
    want_write,  // call again when the wire is writable
    failed       // `error` is the reason; the connection ends
  };

  Status status = Status::done;
  std::size_t bytes = 0;
  std::error_code error;

  static IoResult done(std::size_t bytes = 0) noexcept { return {Status::done, bytes, {}}; }
  static IoResult end() noexcept { return {Status::end, 0, {}}; }
  static IoResult want_read() noexcept { return {Status::want_read, 0, {}}; }
  static IoResult want_write() noexcept { return {Status::want_write, 0, {}}; }
  static IoResult failed(std::error_code error) noexcept { return {Status::failed, 0, error}; }
  static IoResult failed(int error) noexcept {
    return failed(std::error_code(error, std::generic_category()));
  }
  [[nodiscard]] bool is_done() const noexcept { return status == Status::done; }
};

class SLUICE_EXPORT Wire {
 public:
  // Replaces a socket.
  class SLUICE_EXPORT Stream {
   public:
    virtual ~Stream() = default;
    // done with at least one byte, end, want_read or failed. REQUIRES: `into` is not empty.
    virtual IoResult read(std::span<std::byte> into) = 0;
    // done with the number of accepted bytes, want_write or failed.
    virtual IoResult write(std::span<const iovec> parts) = 0;
    virtual IoResult shutdown_write() = 0;
  };

  // REQUIRES: a non-blocking, connected stream socket.
  explicit Wire(int socket) noexcept : socket_(socket) {}
  explicit Wire(Stream& stream) noexcept : stream_(&stream) {}

  IoResult read(std::span<std::byte> into) const;
  IoResult write(std::span<const iovec> parts) const;
  IoResult write(std::span<const std::byte> bytes) const;
  // Ends the stream to the peer: after the written bytes, the peer reads an end.
  IoResult shutdown_write() const;
  // The socket's descriptor, for a library that reads and writes it itself; -1 in memory.
  [[nodiscard]] int fd() const noexcept { return socket_; }

 private:
  int socket_ = -1;
  Stream* stream_ = nullptr;
};

}  // namespace sluice

#endif
