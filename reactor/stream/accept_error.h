// What an error of accept() is about: the process and the system, or only the newcomer.
//
// Thread: any. Source: POSIX.1-2017 accept(); accept(2).
#ifndef SLUICE_REACTOR_STREAM_ACCEPT_ERROR_H
#define SLUICE_REACTOR_STREAM_ACCEPT_ERROR_H

#include <cerrno>

namespace sluice {

// Descriptors or memory have run out: the next newcomer meets the same error.
[[nodiscard]] inline bool out_of_resources(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// The newcomer's own misfortune, and on Linux pending errors of its path: the next one may be fine.
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
