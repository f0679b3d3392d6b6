// Whether the daemon confines itself.
//
// Errors: sandbox_mode_from() throws UsageError. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_SANDBOX_MODE_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_SANDBOX_MODE_H

#include <cstdint>
#include <string_view>

namespace sluice::tools::daemon {

enum class SandboxMode : std::uint8_t {
  on,       // as far as the kernel can
  off,      // not at all
  require,  // or the daemon does not start
};

SandboxMode sandbox_mode_from(std::string_view text);
std::string_view name_of(SandboxMode mode) noexcept;

}  // namespace sluice::tools::daemon

#endif
