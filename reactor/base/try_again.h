// Which errors of a non-blocking call are no failures. For the library and its tools.
//
// Thread: any. Source: POSIX.1-2017 recv(), send(), accept(), read(), write().
#ifndef SLUICE_REACTOR_BASE_TRY_AGAIN_H
#define SLUICE_REACTOR_BASE_TRY_AGAIN_H

#include <cerrno>

namespace sluice {

// Nothing to read, no space to write, nobody to accept: wait until the descriptor is ready.
[[nodiscard]] inline bool would_block(int error) noexcept {
  // POSIX allows two numbers for it. Where they are one, compilers warn of `||`.
#if EAGAIN != EWOULDBLOCK
  if (error == EWOULDBLOCK) return true;
#endif
  return error == EAGAIN;
}

// The same, or a signal interrupted the call before it did anything.
[[nodiscard]] inline bool try_again(int error) noexcept {
  return would_block(error) || error == EINTR;
}

}  // namespace sluice

#endif
