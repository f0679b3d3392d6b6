#include "port_state.h"

#include <array>

namespace sluice::tools::scan {

std::string_view to_string(PortState state) noexcept {
  constexpr std::array<std::string_view, kPortStates> kNames = {
      "open", "closed", "filtered", "open|filtered", "unreachable", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

PortState port_state(SweepState state) noexcept {
  switch (state) {
    case SweepState::open:
      return PortState::open;
    case SweepState::closed:
      return PortState::closed;
    case SweepState::filtered:
      return PortState::filtered;
    case SweepState::unreachable:
      return PortState::unreachable;
    case SweepState::failed:
      break;
  }
  return PortState::failed;
}

}  // namespace sluice::tools::scan
