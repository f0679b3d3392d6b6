#include "users_key.h"

#include <variant>

#include "../../common/usage_error.h"
#include "key_types.h"

namespace sluice::tools::daemon {

Value UsersKey::read(std::string_view text) const {
  Users users;
  for (const std::string& word : WordsKey::split(text)) users.push_back(parse_user(name(), word));
  if (users.empty()) throw UsageError(std::string(name()) + " has no user");
  if (users.size() > kMaxUsers) {
    throw UsageError(std::string(name()) + " has more than " + std::to_string(kMaxUsers) +
                     " users");
  }
  return users;
}

std::string UsersKey::write(const Value& value) const {
  std::string text;
  for (const User& user : std::get<Users>(value)) {
    if (!text.empty()) text += ' ';
    text += user.written;
  }
  return text;
}

std::string UsersKey::allowed() const {
  return "1-" + std::to_string(kMaxUsers) + " users, by name or number";
}

}  // namespace sluice::tools::daemon
