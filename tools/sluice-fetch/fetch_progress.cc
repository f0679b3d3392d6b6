#include "fetch_progress.h"

#include <array>
#include <cstdio>

#include "../common/terminal/progress_line.h"

namespace sluice::tools::fetch {

std::string printed_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 would be printed as 1024.0.
  for (; amount >= 1023.95 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", amount, kUnits[unit]);
  return text.data();
}

std::string fetch_progress(const FetchProgress& progress, std::size_t columns) {
  std::string words = std::to_string(progress.finished) + " of " + std::to_string(progress.urls);
  if (progress.failed > 0) words += ", " + std::to_string(progress.failed) + " failed";
  words += "  " + printed_bytes(progress.bytes);
  if (progress.elapsed.count() > 0) {
    const double rate =
        static_cast<double>(progress.bytes) * 1000 / static_cast<double>(progress.elapsed.count());
    words += "  " + printed_bytes(static_cast<std::uint64_t>(rate)) + "/s";
  }
  const double share = progress.urls == 0
                           ? 1
                           : (static_cast<double>(progress.finished) + progress.under_way) /
                                 static_cast<double>(progress.urls);
  return bar_and_words(share, words, columns);
}

}  // namespace sluice::tools::fetch
