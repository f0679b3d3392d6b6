// Users of this system, by name or number.
//
// Plain values. Thread: any; parse_user() only the main one.
// Source: POSIX.1-2017 getpwnam().
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_USER_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_USER_H

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace sluice::tools::daemon {

struct User {
  std::string written;  // "ann" or "1000"
  uid_t id = 0;

  bool operator==(const User&) const = default;
};

// A separate type, so that Value may become valueless. If libstdc++ 12 considers all alternatives
// never valueless, it destroys an alternative whose copy has thrown.
struct Users : std::vector<User> {
  using vector::vector;
};

bool has_user(const Users& users, uid_t id) noexcept;

// Looks a name up. Throws UsageError that names `what`, what was read and what is allowed.
User parse_user(std::string_view what, std::string_view text);

}  // namespace sluice::tools::daemon

#endif
