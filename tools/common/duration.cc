#include "duration.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "../../reactor/base/text/quote.h"
#include "number.h"
#include "usage_error.h"

namespace sluice::tools {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDay = std::chrono::hours(24);

struct Unit {
  std::string_view name;
  milliseconds length;
};
constexpr std::array kUnits = {
    Unit{"ms", milliseconds(1)},        Unit{"s", std::chrono::seconds(1)},
    Unit{"m", std::chrono::minutes(1)}, Unit{"h", std::chrono::hours(1)},
    Unit{"d", std::chrono::hours(24)},
};

std::optional<milliseconds> unit_length(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return unit.length;
  }
  return std::nullopt;
}

struct Allowed {
  std::string_view more;  // behind the range
  milliseconds most = kMaxDuration;
};

[[noreturn]] void refuse(std::string_view what, std::string_view text, const std::string& why,
                         const Allowed& allowed) {
  throw UsageError(std::string(what) + ' ' + quote(text) + ' ' + why + "; allowed: 1ms-" +
                   std::to_string(allowed.most / kDay) + "d in ms, s, m, h or d" +
                   std::string(allowed.more));
}

milliseconds parse(std::string_view what, std::string_view text, const Allowed& allowed) {
  if (text == "0") return milliseconds(0);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = text.substr(digits);
  if (digits == 0) refuse(what, text, "does not start with a decimal number", allowed);
  if (unit.empty()) refuse(what, text, "has no unit", allowed);
  const auto length = unit_length(unit);
  if (!length) refuse(what, text, "has the unknown unit " + quote(unit), allowed);

  const auto number = parse_digits(text.substr(0, digits), 10);
  // Divided, not multiplied: the product could wrap around.
  if (!number || *number > static_cast<std::uint64_t>(allowed.most / *length)) {
    refuse(what, text, "is too long", allowed);
  }
  return *length * static_cast<std::int64_t>(*number);
}

}  // namespace

milliseconds parse_duration(std::string_view what, std::string_view text) {
  return parse(what, text, {.more = ", or 0"});
}

milliseconds parse_some_time(std::string_view what, std::string_view text) {
  const milliseconds time = parse(what, text, {.more = ""});
  if (time == milliseconds(0)) refuse(what, text, "is zero", {.more = ""});
  return time;
}

milliseconds parse_timeout(std::string_view what, std::string_view text, milliseconds most) {
  return parse_wait(what, text, most).value_or(milliseconds(0));
}

std::optional<milliseconds> parse_wait(std::string_view what, std::string_view text,
                                       milliseconds most) {
  if (text == "off") return std::nullopt;
  return parse(what, text, {.more = ", or 0 or off", .most = most});
}

}  // namespace sluice::tools
