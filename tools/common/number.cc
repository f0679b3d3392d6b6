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

std::uint64_t parse_number(std::string_view what, std::string_view text, std::uint64_t least,
                           std::uint64_t most) {
  const auto number = parse_digits(text, 10);
  if (!number || *number < least || *number > most) {
    throw UsageError(std::string(what) + ' ' + quote(text) + " is not a decimal number in " +
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
    throw UsageError(std::string(what) + ' ' + quote(text) + " is not an octal number in 0-0777");
  }
  return static_cast<mode_t>(*number);
}

}  // namespace sluice::tools
