#include "fetch_progress.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "../common/terminal/progress_line.h"

namespace sluice::tools::fetch {
namespace {

constexpr std::size_t kNameColumns = 20;
constexpr double kLongestGuess = 100 * 3600;  // seconds; beyond that nobody waits

std::string rate_of(std::uint64_t bytes, std::chrono::milliseconds elapsed) {
  if (elapsed.count() <= 0) return {};
  const double rate = static_cast<double>(bytes) * 1000 / static_cast<double>(elapsed.count());
  return "  " + printed_bytes(static_cast<std::uint64_t>(rate)) + "/s";
}

// "  42%  1:02 left", as if the rest took as long for each byte.
std::string percent_and_left(double share, std::chrono::milliseconds elapsed) {
  if (share <= 0 || elapsed.count() <= 0) return {};
  share = std::min(share, 1.);
  std::array<char, 48> text{};
  const double left = static_cast<double>(elapsed.count()) / 1000 * (1 - share) / share;
  const int percent = static_cast<int>(share * 100);
  if (left >= kLongestGuess) {
    std::snprintf(text.data(), text.size(), "  %d%%", percent);
    return text.data();
  }
  const auto seconds = static_cast<unsigned>(std::lround(left));
  if (seconds >= 3600) {
    std::snprintf(text.data(), text.size(), "  %d%%  %u:%02u:%02u left", percent, seconds / 3600,
                  seconds / 60 % 60, seconds % 60);
  } else {
    std::snprintf(text.data(), text.size(), "  %d%%  %u:%02u left", percent, seconds / 60,
                  seconds % 60);
  }
  return text.data();
}

}  // namespace

std::string progress_name(std::string_view path) {
  std::string name(path.substr(path.rfind('/') + 1));
  if (name.empty()) return "index";
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c <= ' ' || c > '~'; }, '?');
  return name;
}

std::string file_progress(const FileProgress& progress, std::size_t columns) {
  std::string name = progress.name;
  if (name.size() > kNameColumns) name = name.substr(0, kNameColumns - 3) + "...";
  name.resize(kNameColumns, ' ');
  name += ' ';
  std::string words = printed_bytes(progress.bytes);
  const double share = progress.total == 0 ? 0
                                           : static_cast<double>(progress.bytes) /
                                                 static_cast<double>(progress.total);
  if (progress.total > 0) words += " of " + printed_bytes(progress.total);
  words += rate_of(progress.bytes, progress.elapsed);
  words += percent_and_left(share, progress.elapsed);
  if (columns <= name.size()) return name.substr(0, columns > 0 ? columns - 1 : 0);
  const std::size_t left = columns - name.size();
  if (progress.total > 0) return name + bar_and_words(share, words, left);
  return name + words.substr(0, left - 1);
}

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
  words += rate_of(progress.bytes, progress.elapsed);
  const double share = progress.urls == 0
                           ? 1
                           : (static_cast<double>(progress.finished) + progress.under_way) /
                                 static_cast<double>(progress.urls);
  words += percent_and_left(share, progress.elapsed);
  return bar_and_words(share, words, columns);
}

}  // namespace sluice::tools::fetch
