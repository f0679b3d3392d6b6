// The word of a list that was probably meant: "idel" stands for "idle".
//
// Errors: std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_COMMON_NEAREST_H
#define SLUICE_TOOLS_COMMON_NEAREST_H

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sluice::tools {

// Longer words are compared with nothing: the work is the product of both lengths.
inline constexpr std::size_t kMaxCompared = 64;

// The first of the words that take the fewest changes: a letter added, left out, replaced, or
// swapped with its neighbour. Empty if even that one takes more than a third of its letters.
std::string_view nearest(std::string_view word, std::span<const std::string_view> words);

// For a message: " (did you mean idle?)", or nothing if no word is near.
std::string suggestion(std::string_view word, std::span<const std::string_view> words);

}  // namespace sluice::tools

#endif
