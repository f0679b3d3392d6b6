#include "nearest.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::tools {
namespace {

// The number of changes between the words (optimal string alignment), a row of its table at a time.
std::size_t changes(std::string_view one, std::string_view other) {
  using Row = std::array<std::size_t, kMaxCompared + 1>;
  Row before_last{};
  Row last{};
  Row row{};
  for (std::size_t j = 0; j <= other.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[other.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> words) {
  std::string_view found;
  std::size_t least = static_cast<std::size_t>(-1);
  for (const std::string_view candidate : words) {
    if (std::max(word.size(), candidate.size()) > kMaxCompared) continue;
    const std::size_t count = changes(word, candidate);
    if (count > std::max<std::size_t>(1, candidate.size() / 3) || count >= least) continue;
    if (count == candidate.size()) continue;  // nothing of it is left
    least = count;
    found = candidate;
  }
  return found;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> words) {
  const std::string_view found = nearest(word, words);
  return found.empty() ? "" : " (did you mean " + std::string(found) + "?)";
}

}  // namespace sluice::tools
