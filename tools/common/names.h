// Lists of names as text: in a sentence, "echo, discard and time", or with a separator, "web:dns".
//
// Errors: std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_COMMON_NAMES_H
#define SLUICE_TOOLS_COMMON_NAMES_H

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::tools {

template <class Names>
std::string join_names(const Names& names, std::string_view before_last = " and ") {
  std::string all;
  std::size_t left = names.size();
  for (const auto& name : names) {
    if (!all.empty()) all += left == 1 ? before_last : ", ";
    all += name;
    --left;
  }
  return all;
}

// The parts between the separators, empty ones included; one part if there is no separator.
inline std::vector<std::string> split_names(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace sluice::tools

#endif
