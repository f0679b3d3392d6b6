// The addresses of the hosts that are named in what is to be served.
//
// All names are looked up at once, on a loop of their own, before anything is bound. A spec whose
// host is a name becomes one for each address; its settings stay as they were read.
// Errors: std::runtime_error that names the endpoint and the reason; UsageError if the settings are
// not valid at an address.
#ifndef SLUICE_TOOLS_SLUICED_LISTEN_NAMES_H
#define SLUICE_TOOLS_SLUICED_LISTEN_NAMES_H

#include <vector>

#include "../../reactor/names/resolver.h"
#include "settings/listen_spec.h"

namespace sluice::tools::daemon {

// In the same order. No resolver is made if no host is a name.
std::vector<ListenSpec> look_up_names(std::vector<ListenSpec> specs,
                                      const ResolverOptions& options = {});

}  // namespace sluice::tools::daemon

#endif
