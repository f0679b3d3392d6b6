#include "number.h"

#include <charconv>
#include <string>
#include <system_error>

#include "../../reactor/base/quote.h"
#include "usage_error.h"

namespace sluice::tools {

std::optional<std::uint64_t> parse_digits(std::string_view text, int base) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped_at, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc{} || stopped_at != end) return std::nullopt;
  return number;
}

namespace {

// "max 0 is not in 1-9" and "max "x" is not a decimal number in 1-9": 0 is a decimal number.
[[noreturn]] void refuse(std::string_view what, std::string_view text, std::string_view digits,
                         const std::string& kind, const std::string& range) {
  const bool is_number = !text.empty() && text.find_first_not_of(digits) == text.npos;
  const std::string shown = is_number ? escape(text, kMaxQuoted) : quote(text);
  throw UsageError(std::string(what) + ' ' + shown +
                   (is_number ? " is not in " : " is not " + kind + " number in ") + range);
}

}  // namespace

std::uint64_t parse_number(std::string_view what, std::string_view text, std::uint64_t least,
                           std::uint64_t most) {
  const auto number = parse_digits(text, 10);
  if (!number || *number < least || *number > most) {
    refuse(what, text, "0123456789", "a decimal",
           std::to_string(least) + "-" + std::to_string(most));
  }
  return *number;
}

std::uint64_t parse_count(std::string_view what, std::string_view text) {
  return parse_number(what, text, 1, kMaxCount);
}

mode_t parse_mode(std::string_view what, std::string_view text) {
  const auto number = parse_digits(text, 8);
  if (!number || *number > 0777) {
    refuse(what, text, "01234567", "an octal", "0-0777");
  }
  return static_cast<mode_t>(*number);
}

}  // namespace sluice::tools
