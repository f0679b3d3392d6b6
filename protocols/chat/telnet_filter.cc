#include "telnet_filter.h"

namespace sluice {
namespace {

constexpr std::byte kFirstCommand{240};
constexpr std::byte kSe = kFirstCommand;  // ends the parameters after SB
constexpr std::byte kSb{250};
constexpr std::byte kWill{251};
constexpr std::byte kDont{254};

}  // namespace

bool TelnetFilter::pass(std::byte byte) noexcept {
  switch (state_) {
    case State::text:
      if (byte != kIac) return true;
      state_ = State::command;
      return false;
    case State::command:
      if (byte == kSb) {
        state_ = State::parameters;
      } else if (byte >= kWill && byte <= kDont) {
        state_ = State::option;
      } else {
        state_ = State::text;
      }
      return byte == kIac || byte < kFirstCommand;
    case State::option:
      state_ = State::text;
      return false;
    case State::parameters:
      if (byte == kIac) state_ = State::parameters_command;
      return false;
    case State::parameters_command:
      state_ = byte == kSe ? State::text : State::parameters;
      return false;
  }
  return true;
}

}  // namespace sluice
