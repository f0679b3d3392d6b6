#include "pipe_connection.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "../base/named_call.h"
#include "../loop/loop_internals.h"
#include "../stream/connection_group.h"
#include "../stream/connection_table.h"
#include "pipe_transport.h"

namespace sluice {

namespace {

// O_NONBLOCK would change the flags that the shell shares. Another open() of the terminal has its
// own flags. If it fails, the shared ones are changed.
void open_anew(Fd& terminal, int access) {
  std::array<char, 256> name{};
  if (::ttyname_r(terminal.get(), name.data(), name.size()) != 0) return;
  Fd own(::open(name.data(), access | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (own) terminal = std::move(own);
}

}  // namespace

Connection& adopt_pipe(Loop& loop, Fd descriptor, ProtocolRef protocol,
                       const ConnectionOptions& options) {
  LoopInternals::assert_thread(loop);
  assert(protocol && !options.transport);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) fail_call(errno, "fstat");
  if (S_ISSOCK(status.st_mode)) {
    return Connection::adopt(loop, std::move(descriptor), std::move(protocol), options);
  }
  const bool is_terminal = ::isatty(descriptor.get()) == 1;
  if (!S_ISFIFO(status.st_mode) && !is_terminal) {
    fail_call(EINVAL, "descriptor " + std::to_string(descriptor.get()) +
                          " is neither a pipe nor a terminal nor a socket");
  }
  const int access = ::fcntl(descriptor.get(), F_GETFL) & O_ACCMODE;
  if (is_terminal) open_anew(descriptor, access);
  set_nonblocking_cloexec(descriptor.get());
  ConnectionOptions with_transport = options;
  with_transport.linger_timeout = std::chrono::milliseconds(0);  // nobody answers an end
  const int fd = descriptor.get();
  with_transport.transport = [fd](Wire, const Address&) {
    return std::make_unique<PipeTransport>(fd);
  };
  ConnectionTable& table = ConnectionTable::of(loop);
  ConnectionGroup& group = table.make_group(with_transport);
  group.write_only = access == O_WRONLY;
  try {
    Connection* connection =
        table.open(group, descriptor, Wire(fd), Address(), std::move(protocol));
    table.release_group(group);
    return *connection;
  } catch (...) {
    table.release_group(group);
    throw;
  }
}

}  // namespace sluice
