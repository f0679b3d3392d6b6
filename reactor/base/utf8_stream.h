// Checks UTF-8 that arrives in pieces, which may end inside a character.
//
// What it is: two words of state. An invalid byte is found as soon as it arrives, not at the end.
// Thread: a plain value. Errors: none.
// Source: RFC 3629; The Unicode Standard 15.0, table 3-7.
#ifndef SLUICE_REACTOR_BASE_UTF8_STREAM_H
#define SLUICE_REACTOR_BASE_UTF8_STREAM_H

#include <cstddef>
#include <span>

#include "utf8_tail.h"

namespace sluice {

class Utf8Stream {
 public:
  // Whether the text may still be valid. REQUIRES: not called after it returned false.
  [[nodiscard]] bool feed(std::span<const std::byte> bytes) noexcept;
  // The text does not end inside a character.
  [[nodiscard]] bool is_whole() const noexcept { return next_.size == 0; }

 private:
  Utf8Tail next_{0, 0, 0};  // the bytes that are missing of the last character
};

[[nodiscard]] bool is_utf8(std::span<const std::byte> text) noexcept;

}  // namespace sluice

#endif
