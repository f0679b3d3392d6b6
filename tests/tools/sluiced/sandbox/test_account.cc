// The account that a daemon gives up root for. Each test runs in a separate process.
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "tools/sluiced/sandbox/account.h"

using sluice::tools::daemon::Account;
using sluice::tools::daemon::become;
using sluice::tools::daemon::find_account;
using sluice::tools::daemon::SandboxLayer;

namespace {

// On every system, and without rights.
constexpr const char* kNobody = "nobody";

std::string refusal(const std::string& name) {
  try {
    (void)find_account(name);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

Test(account, is_found_by_its_name) {
  if (::geteuid() != 0) cr_skip_test("only root finds another account");
  cr_expect(find_account("root").is_root());
  const Account nobody = find_account(kNobody);
  cr_expect(nobody.user != 0 && nobody.group != 0 && !nobody.is_root());
}

Test(account, that_does_not_exist_is_named) {
  cr_expect(refusal("no-such-account") == "user \"no-such-account\": there is no such account");
  cr_expect(refusal("") == "user \"\": there is no such account");
  cr_expect(!refusal(std::string("root\0x", 6)).empty());
}

Test(account, once_become_cannot_be_left) {
  if (::geteuid() != 0) cr_skip_test("only root becomes another account");
  const Account nobody = find_account(kNobody);
  const SandboxLayer layer = become(nobody);
  cr_expect(layer.in_force && layer.name == "user");
  cr_expect(layer.detail == "nobody, uid " + std::to_string(nobody.user));
  cr_expect(::getuid() == nobody.user && ::geteuid() == nobody.user);
  cr_expect(::getgid() == nobody.group && ::getegid() == nobody.group);
  cr_expect(::setuid(0) != 0 && ::seteuid(0) != 0 && ::setgid(0) != 0);
  std::vector<gid_t> groups(64);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  cr_expect(count == 1 && groups[0] == nobody.group);

  cr_expect(become(nobody).in_force, "it is this account already");
  cr_expect(refusal("root") ==
            "user \"root\": only root can serve as another account; this process has uid " +
                std::to_string(nobody.user));
}

Test(account, root_stays_root) {
  if (::geteuid() != 0) cr_skip_test("only root is root");
  cr_expect(!become(find_account("root")).in_force);
  cr_expect(::geteuid() == 0);
}
