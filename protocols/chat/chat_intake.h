// Splits the input of a chat member into lines.
//
// What it is: the state between two reads. It removes telnet commands and the carriage return
// before a line feed, and skips a line above the limit without storing it. It copies a line only if
// its end has not arrived yet.
// Limit: it stores at most `limit` bytes of such a line, and a carriage return.
// Lifetime: a line is valid until the next call. Thread: any, one at a time.
// Errors: std::bad_alloc.
// Cost: linear in the number of bytes, even if they arrive one at a time.
#ifndef SLUICE_PROTOCOLS_CHAT_CHAT_INTAKE_H
#define SLUICE_PROTOCOLS_CHAT_CHAT_INTAKE_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "telnet_filter.h"

namespace sluice {

class ChatIntake {
 public:
  enum class Kind : std::uint8_t { none, line, too_long };
  struct Step {
    Kind kind = Kind::none;    // none: the consumed bytes contain no whole line
    std::string_view line;     // without its end; empty if it is too long
    std::size_t consumed = 0;  // bytes of `in`
  };

  // Finds the next line of `in`, which begins where the last step ended. Returns Kind::too_long
  // once for a line, as soon as it is above the limit.
  [[nodiscard]] Step next(std::span<const std::byte> in, std::size_t limit);
  // Undoes the last step, which must have returned a line. The next call gets the same bytes again.
  void undo() noexcept;
  // The input has ended: returns the last line if it has no line feed, else Kind::none.
  [[nodiscard]] Step finish();
  // The last step ended within a line.
  [[nodiscard]] bool is_in_line() const noexcept {
    return skipping_ || !telnet_.is_idle() || (!returned_ && !held_.empty());
  }

 private:
  [[nodiscard]] Step next_filtered(std::span<const std::byte> in, std::size_t limit);
  // Appends to held_. Returns false, and clears it, if the line is now above the limit.
  [[nodiscard]] bool hold(std::string_view bytes, std::size_t limit);

  std::string held_;
  std::size_t held_before_ = 0;  // the size of held_ before the last step
  TelnetFilter telnet_;
  TelnetFilter telnet_before_;
  bool skipping_ = false;
  bool returned_ = false;  // the last step returned held_, which the next one clears
};

}  // namespace sluice

#endif
