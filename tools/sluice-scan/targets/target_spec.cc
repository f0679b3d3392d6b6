#include "target_spec.h"

#include <algorithm>
#include <array>
#include <optional>

#include "../../../reactor/base/text/quote.h"
#include "../../common/international_name.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"

namespace sluice::tools::scan {
namespace {

constexpr std::size_t kMaxName = 253;  // RFC 1035, without the last dot
constexpr std::string_view kAllowed =
    "allowed: a name, a.b.c.d, a.b.c.d/0-32, octet ranges such as 10.0.0-3.1-254, an IPv6 address "
    "and a prefix of it, /0-128";

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw UsageError("target " + quote(text) + ' ' + why);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// What has digits, dots and dashes alone is a mistyped address: "127.1" is nobody's name.
bool may_be_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && text.front() != '-' &&
         std::any_of(text.begin(), text.end(), is_letter) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
         });
}

struct Octets {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  [[nodiscard]] std::uint64_t size() const { return last - first + 1; }
};

std::optional<std::uint64_t> octet_of(std::string_view digits) {
  // A leading zero is octal to some programs, and decimal to others.
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  const auto value = parse_digits(digits, 10);
  return value && *value <= 255 ? value : std::nullopt;
}

Octets parse_octets(std::string_view whole, std::string_view part) {
  const std::size_t dash = part.find('-');
  const auto first = octet_of(part.substr(0, dash));
  const auto last = dash == part.npos ? first : octet_of(part.substr(dash + 1));
  if (!first || !last) {
    refuse(whole, "has the octet " + quote(part) + ", which is not a number or a range in 0-255");
  }
  if (*last < *first) refuse(whole, "has the octet range " + quote(part) + ", which is reversed");
  return {*first, *last};
}

// Ranges from the right to the left, as long as what is right of them is whole, are one range.
std::vector<IpRange> ranges_of(std::string_view text, const std::array<Octets, 4>& octets) {
  std::size_t whole = 4;  // from here on octets are 0-255
  while (whole > 1 && octets[whole - 1].size() == 256) --whole;
  const std::size_t inner = whole - 1;  // the octet that makes one range
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < inner; ++i) count *= octets[i].size();
  if (count > kMaxRangesOfTarget) {
    refuse(text, "expands to " + std::to_string(count) + " ranges; allowed: at most " +
                     std::to_string(kMaxRangesOfTarget));
  }
  std::vector<IpRange> ranges;
  ranges.reserve(count);
  for (std::uint64_t n = 0; n < count; ++n) {
    IpRange range{{AF_INET, 0, 0, 0}, {AF_INET, 0, 0, 0}};
    std::uint64_t rest = n;
    for (std::size_t i = inner; i-- > 0;) {
      const std::uint64_t octet = octets[i].first + rest % octets[i].size();
      rest /= octets[i].size();
      range.first.low |= octet << (8 * (3 - i));
    }
    range.last = range.first;
    for (std::size_t i = inner; i < 4; ++i) {
      range.first.low |= octets[i].first << (8 * (3 - i));
      range.last.low |= octets[i].last << (8 * (3 - i));
    }
    ranges.push_back(range);
  }
  return ranges;
}

// Four octets, at least one of which is a range; nothing when it is none of that form.
std::optional<std::vector<IpRange>> parse_octet_ranges(std::string_view text) {
  const bool right_characters = std::all_of(
      text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.' || c == '-'; });
  if (!right_characters || std::count(text.begin(), text.end(), '.') != 3) return std::nullopt;
  std::array<Octets, 4> octets;
  std::string_view rest = text;
  for (Octets& octet : octets) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    octet = parse_octets(text, rest.substr(0, dot));
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  return ranges_of(text, octets);
}

IpRange parse_prefix(std::string_view text, std::size_t slash) {
  const auto address = Address::from_ip(text.substr(0, slash), 0);
  if (!address) {
    const std::string_view host = text.substr(0, slash);
    const bool named = is_international(host) || may_be_name(host);
    refuse(text, named ? "has a prefix length after a name; allowed: after an address"
                       : "is not an address and a prefix length; " + std::string(kAllowed));
  }
  const IpNumber number = IpNumber::of(*address);
  const std::string_view digits = text.substr(slash + 1);
  const auto length = parse_digits(digits, 10);
  if (!length || *length > number.bits()) {
    refuse(text, "has the prefix length " + quote(digits) + ", which is not a number in 0-" +
                     std::to_string(number.bits()));
  }
  const auto bits = static_cast<unsigned>(*length);
  return {number.first_of_prefix(bits), number.last_of_prefix(bits)};
}

}  // namespace

TargetSpec parse_target_spec(std::string_view text) {
  if (const std::size_t slash = text.find('/'); slash != text.npos) {
    return {"", {parse_prefix(text, slash)}};
  }
  if (const auto address = Address::from_ip(text, 0)) {
    const IpNumber number = IpNumber::of(*address);
    return {"", {{number, number}}};
  }
  if (auto ranges = parse_octet_ranges(text)) return {"", std::move(*ranges)};
  std::string name = ascii_name(text);
  if (!may_be_name(name)) refuse(text, "is not valid; " + std::string(kAllowed));
  return {std::move(name), {}};
}

}  // namespace sluice::tools::scan
