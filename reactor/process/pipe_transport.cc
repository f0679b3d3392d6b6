#include "pipe_transport.h"

#include <unistd.h>

#include <cerrno>

#include "../base/pipe.h"
#include "../base/try_again.h"

namespace sluice {

IoResult PipeTransport::read(std::span<std::byte> into) {
  const ssize_t count = ::read(descriptor_, into.data(), into.size());
  if (count > 0) return IoResult::done(static_cast<std::size_t>(count));
  if (count == 0) return IoResult::end();
  if (try_again(errno)) return IoResult::want_read();
  // The other side of a pseudo terminal has closed: its end, and no failure.
  return errno == EIO ? IoResult::end() : IoResult::failed(errno);
}

IoResult PipeTransport::write(std::span<const iovec> parts) {
  const ssize_t count = write_to_pipe(descriptor_, parts);
  if (count >= 0) return IoResult::done(static_cast<std::size_t>(count));
  return try_again(errno) ? IoResult::want_write() : IoResult::failed(errno);
}

}  // namespace sluice
