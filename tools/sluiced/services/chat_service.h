// People who talk, line by line: the service `chat`.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_CHAT_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_CHAT_SERVICE_H

#include "service_kind.h"

namespace sluice::tools::daemon {

extern const ServiceKind kChatKind;

}  // namespace sluice::tools::daemon

#endif
