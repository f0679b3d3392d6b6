// A page for the chat and a page for the status: the service `web`.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_WEB_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_WEB_SERVICE_H

#include <string_view>

#include "../../../protocols/http/http_request.h"
#include "../../../reactor/base/address.h"
#include "../settings/network.h"
#include "service_kind.h"

namespace sluice::tools::daemon {

extern const ServiceKind kWebKind;

// Who may see /status, /status.json and /metrics: a peer in one of `networks`. Without them, a peer
// on the loopback interface or on a Unix socket, if the request has not come through a proxy, which
// says so in a header, and is addressed to localhost or to a number: the name of another site could
// have been made to point here.
bool may_see_status(const HttpRequest& request, const Address& peer, const Networks* networks);

}  // namespace sluice::tools::daemon

#endif
