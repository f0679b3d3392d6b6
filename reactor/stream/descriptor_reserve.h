// A spare descriptor for the case that no other is left. Only for Listener.
//
// What it is: a socket that is used for nothing. A file would need the right to open one, which the
// process may have given up. Without a descriptor a listener cannot even refuse a newcomer, and a
// level-triggered loop would spin. So it closes the spare descriptor, accepts the newcomer
// and closes it, and opens the spare one again.
// Thread: the loop's. Errors: throws nothing. If the spare descriptor cannot be opened, it tries
// again later.
#ifndef SLUICE_REACTOR_STREAM_DESCRIPTOR_RESERVE_H
#define SLUICE_REACTOR_STREAM_DESCRIPTOR_RESERVE_H

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "../base/fd.h"

namespace sluice {

class DescriptorReserve {
 public:
  DescriptorReserve() noexcept { refill(); }
  // Accepts one newcomer of `listening` and closes it. Returns false if that was not possible, with
  // the errno of accept(): EAGAIN if nobody waits, EMFILE or ENFILE if there is no spare
  // descriptor.
  bool turn_away(int listening) noexcept;
  // Opens the spare descriptor if it is not open.
  void refill() noexcept;
  [[nodiscard]] bool held() const noexcept { return static_cast<bool>(spare_); }

 private:
  Fd spare_;
};

inline void DescriptorReserve::refill() noexcept {
  if (spare_) return;
  spare_.reset(::socket(AF_UNIX, SOCK_DGRAM, 0));
  // A program that is started inherits one useless descriptor where this fails.
  if (spare_) (void)::fcntl(spare_.get(), F_SETFD, FD_CLOEXEC);
}

inline bool DescriptorReserve::turn_away(int listening) noexcept {
  spare_.reset();
  Fd newcomer(::accept(listening, nullptr, nullptr));
  const int error = errno;
  const bool accepted = static_cast<bool>(newcomer);
  // The newcomer's descriptor must be free before the spare one can be opened again.
  newcomer.reset();
  refill();
  errno = error;
  return accepted;
}

}  // namespace sluice

#endif
