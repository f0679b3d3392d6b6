// Lists of users: names are looked up, numbers are not, and what was written is kept.
#include <string>
#include <variant>

#include <criterion/criterion.h>

#include "support/usage.h"
#include "tools/sluiced/settings/users_key.h"

using namespace sluice::tools::daemon;

namespace {

constexpr UsersKey kKey({.name = "allow-users", .form = "USERS", .summary = ""});

std::string refused(const std::string& text) {
  return usage_error_of([&text] { (void)kKey.read(text); });
}

}  // namespace

Test(users_key, has_names_and_numbers) {
  const Value value = kKey.read(" root  4294967294 0 ");
  const Users users = std::get<Users>(value);
  cr_assert(users.size() == 3);
  cr_expect((users[0] == User{"root", 0}));
  cr_expect((users[1] == User{"4294967294", 4294967294}));
  cr_expect(kKey.write(value) == "root 4294967294 0");
  cr_expect(has_user(users, 0) && has_user(users, 4294967294) && !has_user(users, 1));
  cr_expect(!has_user({}, 0));
}

Test(users_key, names_what_is_no_user) {
  cr_expect(refused("root no-such-user") ==
            "allow-users \"no-such-user\" is neither a number nor a user of this system");
  cr_expect(refused("4294967295").starts_with("allow-users 4294967295 is not in 0-"));
  cr_expect(refused(" ") == "allow-users has no user");
  std::string many;
  for (std::size_t i = 0; i <= UsersKey::kMaxUsers; ++i) many += "1 ";
  cr_expect(refused(many) == "allow-users has more than 1000 users");
}
