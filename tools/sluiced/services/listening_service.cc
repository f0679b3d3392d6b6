#include "listening_service.h"

#include "../endpoints/endpoint_socket.h"
#include "../endpoints/socket_keys.h"
#include "../endpoints/tls_keys.h"
#include "service_set.h"

namespace sluice::tools::daemon {

void ListeningService::listen(const ServiceHost& host, const ListenSpec& spec,
                              ProtocolFactory factory, ListenerOptions options) {
  spec_ = spec;
  options.closed = [this, &set = host.set](const Connection& connection) {
    set.closed(spec_, listener_->endpoint(), connection);
  };
  factory = [this, &set = host.set, make = std::move(factory)](const Address& peer) {
    ProtocolRef handler = make(peer);
    if (handler) set.opened(spec_, listener_->endpoint(), peer);
    return handler;
  };
  admission_.emplace(host.loop, host.bans, spec);
  options.admit = admission_->user_filter();
  if (has_tls(spec.settings)) {
    tls_.emplace(spec);
    options.connection.transport = tls_->transport();
  }
  if (spec.settings.has(kProxyKey)) {
    proxy_.emplace(host.loop, spec, *admission_, options);
    options = proxy_->listener_options(std::move(options));
    factory = proxy_->filter(std::move(factory));
  } else {
    factory = admission_->filter(std::move(factory));
  }
  listener_.emplace(host.loop, duplicate_of(host.socket), std::move(factory), options);
}

}  // namespace sluice::tools::daemon
