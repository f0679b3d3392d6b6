// Takes the commands of telnet out of what a peer sends, a byte at a time.
//
// What it is: the state between two bytes. Of IAC IAC, which stands for the byte 0xFF, that byte is
// left; of every other command nothing is: WILL, WONT, DO and DONT with the option that follows,
// and SB to IAC SE, over any number of reads. IAC before a byte that is no command is dropped
// alone, so that a stray 0xFF does not swallow the end of a line. Nothing is ever answered: a
// telnet that hears no answer keeps to plain lines.
// Cost: bytes that hold no 0xFF need not be shown to it while it is idle().
// Thread: none of its own. Source: RFC 854, RFC 855.
#ifndef SLUICE_PROTOCOLS_CHAT_TELNET_FILTER_H
#define SLUICE_PROTOCOLS_CHAT_TELNET_FILTER_H

#include <cstddef>
#include <cstdint>

#include "../../reactor/base/export.h"

namespace sluice {

class SLUICE_EXPORT TelnetFilter {
 public:
  static constexpr std::byte kIac{0xFF};  // "interpret as command"

  // Not within a command.
  [[nodiscard]] bool idle() const noexcept { return state_ == State::text; }
  // True when `byte` is text, false when it belongs to a command.
  [[nodiscard]] bool pass(std::byte byte) noexcept;

 private:
  enum class State : std::uint8_t { text, command, option, parameters, parameters_command };
  State state_ = State::text;
};

}  // namespace sluice

#endif
