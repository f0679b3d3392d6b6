#include "user.h"

#include <pwd.h>

#include <algorithm>

#include "../../../reactor/base/text/quote.h"
#include "../../common/digits.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {

bool has_user(const Users& users, uid_t id) noexcept {
  return std::any_of(users.begin(), users.end(), [id](const User& user) { return user.id == id; });
}

User parse_user(std::string_view what, std::string_view text) {
  const std::string name(text);
  // The largest number means "no user" to the system.
  if (is_digits(text))
    return {name, static_cast<uid_t>(parse_number(what, text, 0, kMaxCount - 1))};
  const ::passwd* const found = name.find('\0') == name.npos ? ::getpwnam(name.c_str()) : nullptr;
  if (found == nullptr) {
    throw UsageError(std::string(what) + ' ' + quote(name) +
                     " is neither a number nor a user of this system");
  }
  return {name, found->pw_uid};
}

}  // namespace sluice::tools::daemon
