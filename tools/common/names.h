// Names in a sentence: "echo, discard and time".
//
// Errors: std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_COMMON_NAMES_H
#define SLUICE_TOOLS_COMMON_NAMES_H

#include <cstddef>
#include <string>
#include <string_view>

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

}  // namespace sluice::tools

#endif
