// People who talk with clients of IRC: the service `irc`.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_IRC_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_IRC_SERVICE_H

#include "service_kind.h"

namespace sluice::tools::daemon {

extern const ServiceKind kIrcKind;

}  // namespace sluice::tools::daemon

#endif
