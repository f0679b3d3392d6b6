// Cuts what a member of a chat sends into lines.
//
// What it is: the state between two reads: telnet's commands are taken out, the carriage return
// before a line feed is stripped, and a line above the limit is skipped to its end without being
// held. Only the beginning of a line whose end has not come yet is copied.
// Limit: of that beginning at most `limit` bytes and a carriage return are held.
// Lifetime: a line is valid until the next call. Thread: none of its own. Errors: std::bad_alloc.
// Cost: linear in the bytes, however small the pieces.
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
    Kind kind = Kind::none;  // none: what was taken holds no line
    std::string_view line;   // without its end; empty when it is too long
    std::size_t taken = 0;   // bytes of `in`
  };

  // The next line of `in`, which begins where the last step ended. A line that is too long is told
  // once, as soon as it is.
  [[nodiscard]] Step next(std::span<const std::byte> in, std::size_t limit);
  // Takes the last step back, which was a line: it comes again, when the same bytes are shown.
  void undo() noexcept;
  // The line that the end of the input ends. Kind::none when there is none.
  [[nodiscard]] Step last();

 private:
  [[nodiscard]] Step next_filtered(std::span<const std::byte> in, std::size_t limit);
  // Appends to what is held; true when the line is too long now.
  [[nodiscard]] bool hold(std::string_view bytes, std::size_t limit);

  std::string held_;
  std::size_t held_before_ = 0;  // the last step
  TelnetFilter telnet_;
  TelnetFilter telnet_before_;
  bool skipping_ = false;
  bool given_ = false;  // held_ was given out, and is to be emptied
};

}  // namespace sluice

#endif
