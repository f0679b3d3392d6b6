#include "number.h"

#include <charconv>
#include <string>
#include <system_error>

#include "../../reactor/base/text/quote.h"
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

constexpr std::string_view kUnits = "KMGT";

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

std::uint64_t parse_size(std::string_view what, std::string_view text) {
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 20U;  // 1M
  constexpr std::uint64_t kMost = std::uint64_t{1} << 50U;   // 1024T
  const std::size_t place = text.empty() ? kUnits.npos : kUnits.find(text.back());
  const unsigned shift = place == kUnits.npos ? 0 : 10 * (static_cast<unsigned>(place) + 1);
  const auto number = parse_digits(text.substr(0, text.size() - (shift > 0 ? 1 : 0)), 10);
  // The first comparison keeps the shift from losing bits.
  const bool is_allowed = number && *number <= (kMost >> shift) && (*number << shift) >= kLeast;
  if (!is_allowed) {
    throw UsageError(std::string(what) + ' ' + quote(text) +
                     " is not a size from 1M to 1024T, such as 64M");
  }
  return *number << shift;
}

std::string write_size(std::uint64_t size) {
  std::size_t units = 0;
  while (units < kUnits.size() && size != 0 && size % 1024 == 0) {
    size /= 1024;
    ++units;
  }
  return std::to_string(size) + (units == 0 ? "" : std::string(1, kUnits[units - 1]));
}

std::string write_mode(mode_t mode) {
  std::string text = "0";
  for (const unsigned shift : {6U, 3U, 0U}) text += static_cast<char>('0' + ((mode >> shift) & 7U));
  return text;
}

mode_t parse_mode(std::string_view what, std::string_view text) {
  const auto number = parse_digits(text, 8);
  if (!number || *number > 0777) {
    refuse(what, text, "01234567", "an octal", "0-0777");
  }
  return static_cast<mode_t>(*number);
}

}  // namespace sluice::tools
