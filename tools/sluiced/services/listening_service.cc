#include "listening_service.h"

#include "endpoint_socket.h"

namespace sluice::tools::daemon {

void ListeningService::listen(const ServiceHost& host, const ListenSpec& spec,
                              ProtocolFactory factory, const ListenerOptions& options) {
  admission_.emplace(host.loop, host.bans, spec);
  listener_.emplace(host.loop, duplicate_of(host.socket), admission_->filter(std::move(factory)),
                    options);
}

}  // namespace sluice::tools::daemon
