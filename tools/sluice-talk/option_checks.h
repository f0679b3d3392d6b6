// What several groups of options check in the same way.
//
// Errors: UsageError. Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_TALK_OPTION_CHECKS_H
#define SLUICE_TOOLS_SLUICE_TALK_OPTION_CHECKS_H

#include <cstddef>
#include <string>
#include <string_view>

#include "../common/usage_error.h"

namespace sluice::tools::talk {

inline void refuse_if(bool wrong, const std::string& message) {
  if (wrong) throw UsageError(message);
}

inline std::string checked_text(std::string_view value, std::size_t most) {
  if (!value.empty() && value.size() <= most) return std::string(value);
  throw UsageError("length " + std::to_string(value.size()) + " is not in 1-" +
                   std::to_string(most));
}

}  // namespace sluice::tools::talk

#endif
