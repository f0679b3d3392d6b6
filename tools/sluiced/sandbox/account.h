// The account that the daemon serves as: it gives up root for it.
//
// Thread: the main one, and no other exists. Source: POSIX.1-2017 getpwnam_r(), setuid();
// setresuid(2), setgroups(2).
#ifndef SLUICE_TOOLS_SLUICED_SANDBOX_ACCOUNT_H
#define SLUICE_TOOLS_SLUICED_SANDBOX_ACCOUNT_H

#include <sys/types.h>

#include <string>

#include "sandbox_layer.h"

namespace sluice::tools::daemon {

struct Account {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;  // its login group

  [[nodiscard]] bool is_root() const noexcept { return user == 0; }
};

// Throws std::system_error of the account database.
bool has_account(const std::string& name);

// Throws std::runtime_error if there is no such account, or if this process is neither root nor it;
// and std::system_error of the account database.
Account find_account(const std::string& name);

// Makes this process run as `account` for good, with its login group and no other one. Nothing to
// do if it does already, or for root. Throws std::system_error, or std::runtime_error if root could
// be had again; the caller must not serve then.
SandboxLayer become(const Account& account);

}  // namespace sluice::tools::daemon

#endif
