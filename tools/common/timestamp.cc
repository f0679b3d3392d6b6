#include "timestamp.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace sluice::tools {

std::string timestamp(std::chrono::system_clock::time_point when) {
  const auto since_epoch =
      std::chrono::floor<std::chrono::milliseconds>(when.time_since_epoch()).count();
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(when));
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 96> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                    utc.tm_sec, static_cast<int>(((since_epoch % 1000) + 1000) % 1000));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string utc_date(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm utc{};
  std::array<char, 32> text{};
  if (::gmtime_r(&seconds, &utc) == nullptr) return "-";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &utc)};
}

}  // namespace sluice::tools
