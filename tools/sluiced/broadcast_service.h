// A host that can be found, and that talks to all at once: the service `broadcast`.
#ifndef SLUICE_TOOLS_SLUICED_BROADCAST_SERVICE_H
#define SLUICE_TOOLS_SLUICED_BROADCAST_SERVICE_H

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../../protocols/broadcast/broadcast.h"
#include "../../reactor/base/endpoint.h"
#include "listen_spec.h"
#include "service.h"

namespace sluice::tools::daemon {

extern const Service kBroadcastService;

struct BroadcastSettings final : ServiceSettings {
  // Often enough for anybody, and seldom enough for a network.
  static constexpr std::chrono::milliseconds kMinAnnounce{100};

  BroadcastOptions options;         // an empty message: the default one
  std::optional<Endpoint> control;  // a Unix socket
};

// "attic: echo tcp/7007, chat tcp/9000": what of `all` others can reach, as far as it fits.
std::string broadcast_message(std::string_view host, std::span<const ListenSpec> all);

}  // namespace sluice::tools::daemon

#endif
