// Which services would serve a peer, and which line decides it: for --would-accept.
//
// What it is: a function of the configuration; nothing is bound. Limits on connections, which
// depend on others, are not looked at. Thread: any. Errors: UsageError, std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_WOULD_ACCEPT_H
#define SLUICE_TOOLS_SLUICED_WOULD_ACCEPT_H

#include <span>
#include <string>
#include <string_view>

#include "../../reactor/base/address.h"
#include "settings/listen_spec.h"

namespace sluice::tools::daemon {

// A numeric IPv4 or IPv6 address without a port.
Address parse_peer(std::string_view text);

// A line for each endpoint:
//   echo tcp://*:7007: accepted: 192.0.2.0/24 is in allow (sluiced.conf:8)
std::string would_accept(std::span<const ListenSpec> specs, const Address& peer);

}  // namespace sluice::tools::daemon

#endif
