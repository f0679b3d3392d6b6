// The value of a setting, typed.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_VALUE_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_VALUE_H

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include "../../../reactor/base/address.h"
#include "network.h"
#include "user.h"

namespace sluice::tools::daemon {

// So many in so many seconds: 10/1.
struct Rate {
  std::uint32_t count = 0;  // 0: no limit
  std::uint32_t seconds = 1;

  [[nodiscard]] bool is_off() const noexcept { return count == 0; }
  bool operator==(const Rate&) const = default;
};

// A duration of 0 stands for "off".
using Value = std::variant<bool, std::uint64_t, std::chrono::milliseconds, std::string, Rate,
                           Address, Networks, Users>;

}  // namespace sluice::tools::daemon

#endif
