#include "key_types.h"

#include <algorithm>
#include <array>
#include <variant>

#include "../../../reactor/base/text/quote.h"
#include "../../common/names.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {
namespace {

using std::chrono::milliseconds;

std::string range_of(std::uint64_t least, std::uint64_t most) {
  return std::to_string(least) + '-' + std::to_string(most);
}

// In the largest unit that divides it.
std::string written(milliseconds time) {
  struct Unit {
    std::string_view name;
    milliseconds length;
  };
  constexpr std::array kUnits = {
      Unit{"d", std::chrono::hours(24)}, Unit{"h", std::chrono::hours(1)},
      Unit{"m", std::chrono::minutes(1)}, Unit{"s", std::chrono::seconds(1)}};
  if (time == milliseconds(0)) return "off";
  for (const Unit& unit : kUnits) {
    if (time % unit.length == milliseconds(0)) {
      return std::to_string(time / unit.length) + std::string(unit.name);
    }
  }
  return std::to_string(time.count()) + "ms";
}

}  // namespace

Value NumberKey::read(std::string_view text) const {
  return parse_number(name(), text, range_.least, range_.most);
}

std::string NumberKey::write(const Value& value) const {
  return std::to_string(std::get<std::uint64_t>(value));
}

std::optional<Value> NumberKey::fallback() const {
  if (!fallback_) return {};
  return *fallback_;
}

std::string NumberKey::allowed() const { return range_of(range_.least, range_.most); }

Value DurationKey::read(std::string_view text) const {
  const milliseconds time = parse_timeout(name(), text, most_);
  if (time != milliseconds(0) && time < least_) {
    throw UsageError(std::string(name()) + ' ' + quote(text) +
                     " is too short; allowed: " + allowed());
  }
  return time;
}

std::string DurationKey::write(const Value& value) const {
  return written(std::get<milliseconds>(value));
}

std::optional<Value> DurationKey::fallback() const {
  if (!fallback_) return {};
  return *fallback_;
}

std::string DurationKey::allowed() const {
  return written(least_) + '-' + written(most_) + ", or 0 or off";
}

Value SwitchKey::read(std::string_view text) const {
  if (text != "on" && text != "off") {
    throw UsageError(std::string(name()) + ' ' + quote(text) + " is not on or off");
  }
  return text == "on";
}

std::string SwitchKey::write(const Value& value) const {
  return std::get<bool>(value) ? "on" : "off";
}

Value ModeKey::read(std::string_view text) const { return std::uint64_t{parse_mode(name(), text)}; }

std::string ModeKey::write(const Value& value) const {
  return write_mode(static_cast<mode_t>(std::get<std::uint64_t>(value)));
}

Value ChoiceKey::read(std::string_view text) const {
  if (std::find(words_.begin(), words_.end(), text) == words_.end()) {
    throw UsageError(std::string(name()) + ' ' + quote(text) + " is not " + allowed());
  }
  return std::string(text);
}

std::string ChoiceKey::write(const Value& value) const { return std::get<std::string>(value); }

std::string ChoiceKey::allowed() const { return join_names(words_, " or "); }

Value TextKey::read(std::string_view text) const {
  if (text.size() < size_.least || text.size() > size_.most) {
    throw UsageError(std::string(name()) + " has " + std::to_string(text.size()) +
                     " bytes; allowed: " + range_of(size_.least, size_.most));
  }
  if (check_ != nullptr) check_(name(), text);
  return std::string(text);
}

std::string TextKey::write(const Value& value) const { return std::get<std::string>(value); }

std::optional<Value> TextKey::fallback() const {
  if (!fallback_) return {};
  return std::string(*fallback_);
}

std::string TextKey::allowed() const {
  if (size_.most == kAny.most) return "any text";
  return range_of(size_.least, size_.most) + " bytes";
}

std::vector<std::string> WordsKey::split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

Value WordsKey::read(std::string_view text) const {
  const std::vector<std::string> words = split(text);
  if (words.empty() || words.size() > kMaxWords) {
    throw UsageError(std::string(name()) + " has " + std::to_string(words.size()) +
                     " words; allowed: " + range_of(1, kMaxWords) + ", with spaces between them");
  }
  std::string joined;
  for (const std::string& word : words) {
    if (word.size() < of_a_word_.least || word.size() > of_a_word_.most) {
      throw UsageError(std::string(name()) + " has a word of " + std::to_string(word.size()) +
                       " bytes; allowed: " + range_of(of_a_word_.least, of_a_word_.most));
    }
    joined += (joined.empty() ? "" : " ") + word;
  }
  return joined;
}

std::string WordsKey::write(const Value& value) const { return std::get<std::string>(value); }

std::string WordsKey::allowed() const {
  return range_of(of_a_word_.least, of_a_word_.most) + " bytes each";
}

}  // namespace sluice::tools::daemon
