// A key whose value is a list of networks: 127.0.0.0/8 ::1.
//
// Errors: read() throws UsageError, as Key says. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_NETWORKS_KEY_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_NETWORKS_KEY_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "key.h"

namespace sluice::tools::daemon {

class NetworksKey final : public KeyOf<Networks> {
 public:
  static constexpr std::size_t kMaxNetworks = 1000;  // each newcomer is compared with each

  using KeyOf::KeyOf;

  // Spaces separate the networks.
  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override { return {}; }
  [[nodiscard]] std::string allowed() const override;
  [[nodiscard]] bool is_list() const override { return true; }
};

}  // namespace sluice::tools::daemon

#endif
