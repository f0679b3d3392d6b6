#include "rate_key.h"

#include <cstddef>
#include <variant>

#include "../../../reactor/base/text/quote.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {

namespace {

constexpr Rate kExample{10, 1};

}  // namespace

Value RateKey::read(std::string_view text) const {
  if (text == "off") return Rate{};
  const std::size_t slash = text.find('/');
  if (slash == text.npos) {
    throw UsageError(std::string(name()) + ' ' + quote(text) + " is not " +
                     std::string(this->text().form) + ", such as " + write(kExample) + ", or off");
  }
  return Rate{read_part(limits_.counted, text.substr(0, slash), limits_.max_count),
              read_part("seconds", text.substr(slash + 1), limits_.max_seconds)};
}

std::uint32_t RateKey::read_part(std::string_view part, std::string_view text,
                                 std::uint32_t most) const {
  const std::string what = std::string(name()) + "'s " + std::string(part);
  return static_cast<std::uint32_t>(parse_number(what, text, 1, most));
}

std::string RateKey::write(const Value& value) const {
  const Rate rate = std::get<Rate>(value);
  if (rate.is_off()) return "off";
  return std::to_string(rate.count) + '/' + std::to_string(rate.seconds);
}

std::string RateKey::allowed() const {
  return "1/1-" + write(Rate{limits_.max_count, limits_.max_seconds}) + ", or off";
}

}  // namespace sluice::tools::daemon
