// Reads and writes a pipe or a terminal, which recv() and send() cannot. Only for adopt_pipe().
//
// What it is: a Transport with read(2) and write(2) in place of the socket's calls.
// Lifetime: its connection owns it, and the descriptor. Thread: the loop's. Errors: errno.
// Source: POSIX.1-2017 read(), writev().
#ifndef SLUICE_REACTOR_PROCESS_PIPE_TRANSPORT_H
#define SLUICE_REACTOR_PROCESS_PIPE_TRANSPORT_H

#include <sys/uio.h>

#include <cstddef>
#include <span>

#include "../stream/transport.h"

namespace sluice {

class PipeTransport final : public Transport {
 public:
  explicit PipeTransport(int descriptor) noexcept : descriptor_(descriptor) {}

  IoResult open() override { return IoResult::done(); }
  IoResult read(std::span<std::byte> into) override;
  IoResult write(std::span<const iovec> parts) override;
  // A pipe has no half to shut down: its end is the close of the descriptor, which follows.
  IoResult shutdown_write() override { return IoResult::done(); }

 private:
  const int descriptor_;
};

}  // namespace sluice

#endif
