#include "counters_text.h"

#include <algorithm>
#include <cstddef>

namespace sluice::tools::daemon {

void each_counter(const Counters& counters,
                  const std::function<void(const std::string&, std::uint64_t)>& use) {
  use("turns", counters.turns);
  use("slow_turns", counters.slow_turns);
  use("longest_turn_us", counters.longest_turn_us);
  use("connections_open", counters.connections_open);
  use("accepted", counters.accepted);
  use("refused", counters.refused);
  use("bytes_in", counters.bytes_in);
  use("bytes_out", counters.bytes_out);
  use("datagrams_in", counters.datagrams_in);
  use("datagrams_out", counters.datagrams_out);
  use("datagrams_dropped", counters.datagrams_dropped);
  use("paused", counters.paused);
  use("memory_pauses", counters.memory_pauses);
  use("dropped_bytes", counters.dropped_bytes);
  use("cut_bytes", counters.cut_bytes);
  for (std::size_t i = 0; i < kCloseReasons; ++i) {
    const auto reason = static_cast<CloseReason>(i);
    if (reason == CloseReason::open) continue;
    std::string name = "closed_" + std::string(to_string(reason));
    std::replace(name.begin(), name.end(), ' ', '_');
    use(name, counters.closed[i]);
  }
}

}  // namespace sluice::tools::daemon
