// A timer that runs each second, so that the histogram of the loop's lag has something to count.
//
// Lifetime: must be destroyed before its loop. Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_LAG_PROBE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_LAG_PROBE_H

#include <chrono>

#include "../../../reactor/loop/timer.h"

namespace sluice::tools::daemon {

class LagProbe {
 public:
  static constexpr std::chrono::seconds kInterval{1};

  explicit LagProbe(Loop& loop) : timer_(loop, [this] { timer_.start(kInterval); }) {
    timer_.start(kInterval);
  }

 private:
  Timer timer_;
};

}  // namespace sluice::tools::daemon

#endif
