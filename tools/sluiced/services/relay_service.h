// A broker that looks at no byte: the service `relay`.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_RELAY_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_RELAY_SERVICE_H

#include "service_kind.h"

namespace sluice::tools::daemon {

extern const ServiceKind kRelayKind;

}  // namespace sluice::tools::daemon

#endif
