// How important a line of the log is.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_LOG_LEVEL_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_LOG_LEVEL_H

#include <cstdint>
#include <string_view>

namespace sluice::tools::daemon {

enum class LogLevel : std::uint8_t { info, warning, error };

constexpr std::string_view name_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      break;
  }
  return "error";
}

}  // namespace sluice::tools::daemon

#endif
