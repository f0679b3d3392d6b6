// The addresses of the hosts that -l names.
//
// What it is: what the daemon does before it binds anything: it looks all names up at once, on a
// loop of its own, and each -l that has one becomes one for each address.
// Errors: std::runtime_error that names the endpoint and the reason.
#ifndef SLUICE_TOOLS_SLUICED_LISTEN_NAMES_H
#define SLUICE_TOOLS_SLUICED_LISTEN_NAMES_H

#include <vector>

#include "../../reactor/names/resolver.h"
#include "listen_spec.h"

namespace sluice::tools::daemon {

// In the same order. Asks nobody when there is no name.
std::vector<ListenSpec> look_up_names(std::vector<ListenSpec> specs,
                                      const ResolverOptions& options = {});

}  // namespace sluice::tools::daemon

#endif
