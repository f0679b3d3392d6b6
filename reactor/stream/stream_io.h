// The seam between a Connection and what carries its bytes.
//
// What it is: what recv(), sendmsg() and shutdown() are to a plain socket. A connection on a plain
// socket has none and makes the system calls itself, without a virtual call; one with a StreamIo
// (an in-memory peer, later TLS) asks it instead.
// Errors: the functions return as the system calls do: a count, 0 at the end of input, or -1 with
// errno.
#ifndef SLUICE_REACTOR_STREAM_STREAM_IO_H
#define SLUICE_REACTOR_STREAM_STREAM_IO_H

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <span>

#include "../base/export.h"

namespace sluice {

class SLUICE_EXPORT StreamIo {
 public:
  virtual ~StreamIo() = default;
  virtual ssize_t read(std::span<std::byte> into) = 0;
  virtual ssize_t write(std::span<const iovec> parts) = 0;
  virtual int shutdown_write() = 0;
  // The connection now waits for `events`, kReadable | kWritable; its on_ready() is to be called.
  virtual void wait_for(int events) = 0;
  virtual void close(bool reset) = 0;
};

}  // namespace sluice

#endif
