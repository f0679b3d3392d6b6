// The targets and hosts that a UdpSweep has in progress: private to its two sources.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_UDP_UDP_SWEEP_PARTS_H
#define SLUICE_TOOLS_SLUICE_SCAN_UDP_UDP_SWEEP_PARTS_H

#include "udp_sweep.h"

namespace sluice::tools::scan {

// The shortest slot of a host that limits its reports.
inline constexpr std::chrono::milliseconds kMinSlot{50};

struct UdpSweep::Host : SweepWheel::Entry {
  std::size_t probes = 0;
  std::uint32_t silences = 0;
  bool answered = false;
  bool reports = false;  // has sent "port unreachable"
  bool loopback = false;
  TimePoint reported_at{};
  std::chrono::milliseconds slot{kMinSlot};
  std::size_t sent_in_slot = 0;
  std::size_t reported_in_slot = 0;
  SweepRtt rtt;
  SweepList<Probe> waiting;  // for a slot
};

struct UdpSweep::Probe : SweepWheel::Entry {
  SweepTarget target;
  Host* host = nullptr;
  unsigned attempts = 0;
  unsigned counted = 0;  // those whose silence means something
  TimePoint sent{};
};

}  // namespace sluice::tools::scan

#endif
