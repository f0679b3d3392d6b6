#include "listening_service.h"

#include "endpoint_socket.h"
#include "service_set.h"
#include "tls_keys.h"

namespace sluice::tools::daemon {

void ListeningService::listen(const ServiceHost& host, const ListenSpec& spec,
                              ProtocolFactory factory, ListenerOptions options) {
  spec_ = spec;
  options.closed = [this, &set = host.set](const Connection& connection) {
    set.closed(spec_, listener_->endpoint(), connection);
  };
  admission_.emplace(host.loop, host.bans, spec);
  if (has_tls(spec.settings)) {
    tls_.emplace(spec);
    options.connection.transport = tls_->transport();
  }
  listener_.emplace(host.loop, duplicate_of(host.socket), admission_->filter(std::move(factory)),
                    options);
}

}  // namespace sluice::tools::daemon
