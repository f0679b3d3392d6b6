// Whether an error of accept() concerns the process and the system, or only the newcomer.
//
// Thread: any. Source: POSIX.1-2017 accept(); accept(2).
#ifndef SLUICE_REACTOR_STREAM_ACCEPT_ERROR_H
#define SLUICE_REACTOR_STREAM_ACCEPT_ERROR_H

#include <cerrno>

namespace sluice {

// No descriptor or memory is left: accepting the next newcomer would fail too.
[[nodiscard]] inline bool out_of_resources(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Errors of one newcomer and, on Linux, pending errors of its network path. The next newcomer may
// be fine.
[[nodiscard]] inline bool newcomer_gone(int error) noexcept {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
#ifdef ENONET
    case ENONET:
#endif
      return true;
    default:
      return false;
  }
}

}  // namespace sluice

#endif
