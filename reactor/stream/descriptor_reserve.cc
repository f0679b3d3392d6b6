#include "descriptor_reserve.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

namespace sluice {

void DescriptorReserve::refill() noexcept {
  if (spare_) return;
  spare_.reset(::socket(AF_UNIX, SOCK_DGRAM, 0));
  // A program that is started inherits one useless descriptor where this fails.
  if (spare_) (void)::fcntl(spare_.get(), F_SETFD, FD_CLOEXEC);
}

bool DescriptorReserve::turn_away(int listening) noexcept {
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
