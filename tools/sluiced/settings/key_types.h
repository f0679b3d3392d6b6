// The types of keys that services share: numbers, durations, switches, modes, choices, texts and
// lists of words.
//
// Errors: read() throws UsageError, as Key says. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_KEY_TYPES_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_KEY_TYPES_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../common/duration.h"
#include "../../common/number.h"
#include "key.h"

namespace sluice::tools::daemon {

// A decimal number in a range.
class NumberKey final : public KeyOf<std::uint64_t> {
 public:
  struct Range {
    std::uint64_t least;
    std::uint64_t most;
  };
  static constexpr Range kCount{1, kMaxCount};

  constexpr NumberKey(const KeyText& text, Range range,
                      std::optional<std::uint64_t> fallback = {}) noexcept
      : KeyOf(text), range_(range), fallback_(fallback) {}

  [[nodiscard]] constexpr Range range() const noexcept { return range_; }
  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override;
  [[nodiscard]] std::string allowed() const override;

 private:
  Range range_;
  std::optional<std::uint64_t> fallback_;
};

// 30s, or 0 or off for none; `least` to `most`, which is in whole days, otherwise.
class DurationKey final : public KeyOf<std::chrono::milliseconds> {
 public:
  constexpr explicit DurationKey(
      const KeyText& text, std::chrono::milliseconds least = std::chrono::milliseconds(1),
      std::optional<std::chrono::milliseconds> fallback = std::chrono::milliseconds(0),
      std::chrono::milliseconds most = kMaxDuration) noexcept
      : KeyOf(text), least_(least), fallback_(fallback), most_(most) {}

  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override;
  [[nodiscard]] std::string allowed() const override;

 private:
  std::chrono::milliseconds least_;
  std::optional<std::chrono::milliseconds> fallback_;
  std::chrono::milliseconds most_;
};

// on or off.
class SwitchKey final : public KeyOf<bool> {
 public:
  constexpr SwitchKey(const KeyText& text, bool fallback) noexcept
      : KeyOf(text), fallback_(fallback) {}

  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override { return fallback_; }
  [[nodiscard]] std::string allowed() const override { return "on or off"; }

 private:
  bool fallback_;
};

// The permissions of a file, in octal; the umask decides without it.
class ModeKey final : public KeyOf<std::uint64_t> {
 public:
  using KeyOf::KeyOf;

  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override { return {}; }
  [[nodiscard]] std::string allowed() const override { return "0-0777"; }
  [[nodiscard]] bool is_octal() const override { return true; }
};

// One of a list of words. The first one is the default.
class ChoiceKey final : public KeyOf<std::string> {
 public:
  // REQUIRES: at least two words, which outlive the key.
  constexpr ChoiceKey(const KeyText& text, std::span<const std::string_view> words) noexcept
      : KeyOf(text), words_(words) {}

  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override { return std::string(words_[0]); }
  [[nodiscard]] std::string allowed() const override;

 private:
  std::span<const std::string_view> words_;
};

// Any bytes, so many of them. `check` adds what else must hold.
class TextKey final : public KeyOf<std::string> {
 public:
  struct Size {
    std::size_t least;
    std::size_t most;
  };
  static constexpr Size kAny{0, static_cast<std::size_t>(-1)};

  // Throws UsageError, as read() does.
  using Check = void (*)(std::string_view name, std::string_view text);

  constexpr TextKey(const KeyText& text, Size size, std::optional<std::string_view> fallback = {},
                    Check check = nullptr) noexcept
      : KeyOf(text), size_(size), fallback_(fallback), check_(check) {}

  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override;
  [[nodiscard]] std::string allowed() const override;

 private:
  Size size_;
  std::optional<std::string_view> fallback_;
  Check check_;
};

// A list of words, which spaces separate: up to kMaxWords, each of so many bytes.
class WordsKey final : public KeyOf<std::string> {
 public:
  static constexpr std::size_t kMaxWords = 1000;

  constexpr WordsKey(const KeyText& text, TextKey::Size of_a_word) noexcept
      : KeyOf(text), of_a_word_(of_a_word) {}

  static std::vector<std::string> split(std::string_view text);

  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override { return {}; }
  [[nodiscard]] std::string allowed() const override;
  [[nodiscard]] bool is_list() const override { return true; }

 private:
  TextKey::Size of_a_word_;
};

}  // namespace sluice::tools::daemon

#endif
