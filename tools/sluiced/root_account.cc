#include "root_account.h"

#include <unistd.h>

#include <stdexcept>
#include <string>

#include "sandbox/account.h"

namespace sluice::tools::daemon {

void choose_account(Options& command_line) {
  if (::geteuid() != 0 || command_line.user) return;
  if (has_account(kDefaultAccount)) command_line.user = kDefaultAccount;
}

void check_root_endpoints(const Options& options) {
  if (::geteuid() != 0 || options.user) return;
  for (const ListenSpec& spec : options.listen) {
    if (spec.descriptor >= 0 || !spec.target.endpoint) continue;
    if (spec.endpoint().address().is_loopback()) continue;
    throw std::runtime_error(
        spec.kind + ' ' + spec.target.text +
        ": without an account, root serves only loopback addresses, Unix sockets and passed "
        "sockets; make the account " +
        kDefaultAccount + ", or give --user NAME; --user root serves as root");
  }
}

}  // namespace sluice::tools::daemon
