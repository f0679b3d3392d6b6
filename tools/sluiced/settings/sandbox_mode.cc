#include "sandbox_mode.h"

#include <string>

#include "../../../reactor/base/text/quote.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {

SandboxMode sandbox_mode_from(std::string_view text) {
  for (const SandboxMode mode : {SandboxMode::on, SandboxMode::off, SandboxMode::require}) {
    if (name_of(mode) == text) return mode;
  }
  throw UsageError("sandbox " + quote(text) + " is not on, off or require");
}

std::string_view name_of(SandboxMode mode) noexcept {
  switch (mode) {
    case SandboxMode::on:
      return "on";
    case SandboxMode::require:
      return "require";
    case SandboxMode::off:
      break;
  }
  return "off";
}

}  // namespace sluice::tools::daemon
