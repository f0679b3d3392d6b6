// The directed broadcast addresses of this host's networks: 192.0.2.255 for 192.0.2.1/24.
//
// What it is: a list that contains() reads from the system when it is first called, and again when
// the list is older than kMaxAge. If that fails, the old list remains.
// Lifetime: must be destroyed before its loop. Thread: the loop's.
// Errors: contains() may throw std::bad_alloc. Source: getifaddrs(3); RFC 1122 3.3.6.
#ifndef SLUICE_PROTOCOLS_UDP_OWN_BROADCASTS_H
#define SLUICE_PROTOCOLS_UDP_OWN_BROADCASTS_H

#include <chrono>
#include <cstdint>
#include <vector>

#include "../../reactor/base/export.h"
#include "../../reactor/loop/loop.h"

namespace sluice {

class SLUICE_EXPORT OwnBroadcasts {
 public:
  static constexpr std::chrono::seconds kMaxAge{5};

  explicit OwnBroadcasts(Loop& loop) noexcept : loop_(loop) {}

  // `address` in the host's byte order.
  [[nodiscard]] bool contains(std::uint32_t address);

 private:
  SLUICE_LOCAL void refresh();

  Loop& loop_;
  TimePoint stale_at_ = TimePoint::min();
  std::vector<std::uint32_t> addresses_;
};

}  // namespace sluice

#endif
