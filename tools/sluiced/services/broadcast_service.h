// A host that can be found, and that talks to everybody at once: the service `broadcast`.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_BROADCAST_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_BROADCAST_SERVICE_H

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../../../protocols/broadcast/broadcast.h"
#include "../../../reactor/base/endpoint.h"
#include "service_kind.h"

namespace sluice::tools::daemon {

extern const ServiceKind kBroadcastKind;

// Often enough for anybody, and seldom enough for a network.
inline constexpr std::chrono::milliseconds kMinAnnounce{100};

// What a broadcast service is made from.
struct BroadcastPlan {
  BroadcastOptions options;                      // without a message, if none is set
  std::optional<Endpoint> control;               // a Unix socket
  std::chrono::milliseconds message_timeout{0};  // of its lines
  std::chrono::milliseconds first_message_timeout{0};
};

// REQUIRES: valid settings of a broadcast service.
BroadcastPlan derive_broadcast(const Settings& settings);

// "attic: echo tcp/7007, chat tcp/9000": what of `all` other hosts can reach, as far as it fits.
std::string broadcast_message(std::string_view host, std::span<const ListenSpec> all);

}  // namespace sluice::tools::daemon

#endif
