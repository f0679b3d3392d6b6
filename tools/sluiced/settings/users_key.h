// A key whose value is a list of users: ann 1000.
//
// Errors: read() throws UsageError, as Key says. Thread: the main one.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_USERS_KEY_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_USERS_KEY_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "key.h"

namespace sluice::tools::daemon {

class UsersKey final : public KeyOf<Users> {
 public:
  static constexpr std::size_t kMaxUsers = 1000;  // each newcomer is compared with each

  using KeyOf::KeyOf;

  // Spaces separate the users.
  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override { return {}; }
  [[nodiscard]] std::string allowed() const override;
  [[nodiscard]] bool is_list() const override { return true; }
};

}  // namespace sluice::tools::daemon

#endif
