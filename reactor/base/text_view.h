// Bytes as text and text as bytes, without a copy.
//
// Lifetime: the result refers to what was given. Thread: any. Errors: none; nothing is checked, so
// text may have any byte in it.
#ifndef SLUICE_REACTOR_BASE_TEXT_VIEW_H
#define SLUICE_REACTOR_BASE_TEXT_VIEW_H

#include <cstddef>
#include <span>
#include <string_view>

namespace sluice {

// For on_data(): std::string_view text = as_text(in).
[[nodiscard]] inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace sluice

#endif
