// Removes telnet commands from the input of a peer, one byte at a time.
//
// What it is: the state between two bytes. It removes WILL, WONT, DO and DONT with the option that
// follows, everything from SB to IAC SE, and all other commands, even if they arrive in several
// reads. IAC IAC represents the byte 0xFF, and leaves that byte. IAC before a byte that is not a
// command is removed without that byte, so that a stray 0xFF does not remove the end of a line.
// It never answers: a telnet client that gets no answer continues with plain lines.
// Cost: while is_idle(), the caller may skip it for input without 0xFF.
// Thread: any, one at a time. Source: RFC 854, RFC 855.
#ifndef SLUICE_PROTOCOLS_CHAT_TELNET_FILTER_H
#define SLUICE_PROTOCOLS_CHAT_TELNET_FILTER_H

#include <cstddef>
#include <cstdint>

#include "../../reactor/base/export.h"

namespace sluice {

class SLUICE_EXPORT TelnetFilter {
 public:
  static constexpr std::byte kIac{0xFF};  // "interpret as command"

  // No command is incomplete.
  [[nodiscard]] bool is_idle() const noexcept { return state_ == State::text; }
  // Returns true if `byte` is text, and false if it is part of a command.
  [[nodiscard]] bool pass(std::byte byte) noexcept;

 private:
  enum class State : std::uint8_t { text, command, option, parameters, parameters_command };
  State state_ = State::text;
};

}  // namespace sluice

#endif
