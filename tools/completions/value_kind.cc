#include "value_kind.h"

#include <algorithm>

namespace sluice::tools::completions {

Value value_of(const Program& program, const OptionSpec& option) {
  if (option.value.empty()) return {};
  if (const auto found = program.values.find(option.name); found != program.values.end()) {
    Value value{ValueKind::beginning, ""};
    for (const std::string& word : found->second) {
      if (!value.words.empty()) value.words += ' ';
      value.words += word;
    }
    return value;
  }
  if (option.value == "FILE") return {ValueKind::file, ""};
  if (option.value.find('|') == option.value.npos) return {ValueKind::typed, ""};
  Value value{ValueKind::words, std::string(option.value)};
  std::replace(value.words.begin(), value.words.end(), '|', ' ');
  return value;
}

}  // namespace sluice::tools::completions
