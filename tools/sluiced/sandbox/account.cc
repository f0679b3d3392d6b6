#include "account.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../../../reactor/base/text/quote.h"

namespace sluice::tools::daemon {
namespace {

void check(int result, const char* call) {
  if (result != 0) throw std::system_error(errno, std::generic_category(), call);
}

constexpr const char* kRoot = "root";

std::optional<Account> look_up(const std::string& name) {
  // An upgrade inherits a sandbox in which there may be no database.
  if (name == kRoot) return Account{.name = name, .user = 0, .group = 0};
  std::vector<char> room(1024);
  passwd entry{};
  passwd* found = nullptr;
  for (;;) {
    const int error = ::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
    if (error == ERANGE && room.size() < (std::size_t{1} << 20U)) {
      room.resize(2 * room.size());
      continue;
    }
    // Without its files the database has no such account, by getpwnam_r(3).
    if (error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) return {};
    if (error == EACCES) return {};  // the sandbox of the program before
    if (error != 0) throw std::system_error(error, std::generic_category(), "user " + quote(name));
    break;
  }
  if (found == nullptr || name.find('\0') != name.npos) return {};
  return Account{.name = name, .user = entry.pw_uid, .group = entry.pw_gid};
}

}  // namespace

bool has_account(const std::string& name) { return look_up(name).has_value(); }

Account find_account(const std::string& name) {
  std::optional<Account> account = look_up(name);
  if (!account) {
    throw std::runtime_error("user " + quote(name) + ": there is no such account");
  }
  if (::geteuid() != 0 && ::geteuid() != account->user) {
    throw std::runtime_error("user " + quote(name) +
                             ": only root can serve as another account; this process has uid " +
                             std::to_string(::geteuid()));
  }
  return *std::move(account);
}

SandboxLayer become(const Account& account) {
  SandboxLayer layer{"user", true, account.name + ", uid " + std::to_string(account.user)};
  if (account.is_root()) return {"user", false, "root, as the configuration says"};
  if (::geteuid() != 0) return layer;
  // Groups first, because only root may change them. They are those of the process that started it.
  check(::setgroups(1, &account.group), "setgroups");
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__)
  check(::setresgid(account.group, account.group, account.group), "setresgid");
  check(::setresuid(account.user, account.user, account.user), "setresuid");
#else
  check(::setgid(account.group), "setgid");
  check(::setuid(account.user), "setuid");
#endif
  if (::getuid() != account.user || ::geteuid() != account.user || ::setuid(0) == 0) {
    throw std::runtime_error("user " + quote(account.name) +
                             ": the process could become root again");
  }
  return layer;
}

}  // namespace sluice::tools::daemon
