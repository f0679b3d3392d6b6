// The bytes below a transport: a connected socket, or a stream in memory.
//
// What it is: a small value that reads and writes what a Transport turns into a handler's bytes. On
// a socket its functions are the system calls; a MemoryPeer gives it a Stream instead, so that a
// transport is tested without sockets.
// Lifetime: refers to the socket or the Stream and owns neither; it may be copied.
// Thread: the loop's. Errors: IoResult::failed with errno in std::generic_category().
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

// How reading, writing, a handshake or the end of writing went.
struct [[nodiscard]] IoResult {
  enum class Status : std::uint8_t {
    done,        // `bytes` were read or written, or the step is complete
    end,         // reading: the peer will send no more
    want_read,   // call again when the wire is readable
    want_write,  // call again when the wire is writable
    failed       // `error` says why; the connection ends
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
  // What stands in for a socket.
  class SLUICE_EXPORT Stream {
   public:
    virtual ~Stream() = default;
    // done with at least one byte, end, want_read or failed. REQUIRES: `into` is not empty.
    virtual IoResult read(std::span<std::byte> into) = 0;
    // done with how many bytes were taken, want_write or failed.
    virtual IoResult write(std::span<const iovec> parts) = 0;
    virtual IoResult shutdown_write() = 0;
  };

  // REQUIRES: a non-blocking, connected stream socket.
  explicit Wire(int socket) noexcept : socket_(socket) {}
  explicit Wire(Stream& stream) noexcept : stream_(&stream) {}

  IoResult read(std::span<std::byte> into) const;
  IoResult write(std::span<const iovec> parts) const;
  IoResult write(std::span<const std::byte> bytes) const;
  // Ends the stream to the peer: the peer reads an end after what was written.
  IoResult shutdown_write() const;
  // The socket's descriptor, for a library that reads and writes it itself; -1 in memory.
  [[nodiscard]] int fd() const noexcept { return socket_; }

 private:
  int socket_ = -1;
  Stream* stream_ = nullptr;
};

}  // namespace sluice

#endif
