#include "progress.h"

#include <array>
#include <cstdio>

#include "../common/terminal/progress_line.h"

namespace sluice::tools::scan {
namespace {

double share_of(const ProgressState& state) {
  if (state.total == 0) return 1;
  return static_cast<double>(state.done) / static_cast<double>(state.total);
}

std::uint64_t rate_of(const ProgressState& state) {
  const auto ms = static_cast<std::uint64_t>(state.elapsed.count());
  return ms == 0 ? 0 : state.done_here * 1000 / ms;
}

std::string percent_of(const ProgressState& state) {
  std::array<char, 16> text{};
  // Rounded down: what is not finished is not 100 %.
  const double percent = static_cast<double>(static_cast<int>(share_of(state) * 1000)) / 10;
  std::snprintf(text.data(), text.size(), "%.1f %%", percent);
  return text.data();
}

std::string time_left(const ProgressState& state) {
  const std::uint64_t rate = rate_of(state);
  if (rate == 0) return "? left";
  const std::uint64_t seconds = (state.total - state.done + rate - 1) / rate;
  if (seconds < 120) return std::to_string(seconds) + " s left";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min left";
  if (seconds < 172'800) return std::to_string(seconds / 3600) + " h left";
  return std::to_string(seconds / 86'400) + " days left";
}

}  // namespace

std::string progress_line(const ProgressState& state) {
  return percent_of(state) + " done (" + std::to_string(state.done) + " of " +
         std::to_string(state.total) + "), " + std::to_string(rate_of(state)) + "/s, " +
         std::to_string(state.open) + " open, " + time_left(state);
}

std::string progress_bar(const ProgressState& state, std::size_t columns) {
  const std::string words = percent_of(state) + "  " + std::to_string(rate_of(state)) + "/s  " +
                            std::to_string(state.open) + " open  " + time_left(state);
  return bar_and_words(share_of(state), words, columns);
}

void print_progress(const ProgressState& state) {
  std::fprintf(stderr, "sluice-scan: %s\n", progress_line(state).c_str());
}

}  // namespace sluice::tools::scan
