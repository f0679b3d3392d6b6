// The account of a daemon that root starts without the key "user".
//
// It serves as kDefaultAccount if the system has that account. Otherwise root itself would handle
// the bytes of every peer, so it serves only this host, unless the operator has written "root".
// Thread: the main one. Errors: as the functions say.
#ifndef SLUICE_TOOLS_SLUICED_ROOT_ACCOUNT_H
#define SLUICE_TOOLS_SLUICED_ROOT_ACCOUNT_H

#include "options.h"

namespace sluice::tools::daemon {

inline constexpr const char* kDefaultAccount = "_sluiced";

// Sets the user of a command line that names none, if this is root and the account exists. A
// configuration file can still name another. Throws std::system_error of the account database.
void choose_account(Options& command_line);

// Throws std::runtime_error that names an endpoint which root serves only with the user "root".
// Does nothing if this is not root, or if there is a user. A host whose name has not been looked up
// is not checked. Not for -n, which checks what is written, whoever runs it.
void check_root_endpoints(const Options& options);

}  // namespace sluice::tools::daemon

#endif
