#include "listening_service.h"

#include <new>

#include "../endpoints/endpoint_socket.h"
#include "../endpoints/socket_keys.h"
#include "../endpoints/tls_keys.h"
#include "service_kinds.h"
#include "service_set.h"

namespace sluice::tools::daemon {
namespace {

// Without memory, it is left out.
template <class Report>
void report_end(const ServiceSet& set, const Connection& connection, Report report) noexcept {
  try {
    if (set.wants_closed()) report(ConnectionEnd(connection));
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
  }
}

}  // namespace

bool ListeningService::is_for_all_loops(const ServiceHost& host, const ListenSpec& spec) {
  return host.pool != nullptr && kind_of(spec).on_all_loops && !spec.speaks_websocket() &&
         !spec.settings.has(kProxyKey);
}

// The first loop admits newcomers, by the daemon's access rules and bans. Only the ends of
// connections come from other threads, and are reported there.
void ListeningService::serve_on_all_loops(const ServiceHost& host, ListenerOptions& options) {
  options.pool = host.pool;
  options.admit = [this, &set = host.set, users = admission_->user_filter()](int socket,
                                                                             const Address& peer) {
    if ((users && !users(socket, peer)) || !admission_->admit(peer)) return false;
    set.opened(spec_, listener_->endpoint(), peer);
    return true;
  };
  place_ = std::make_shared<Place>(Place{spec_, {}});
  options.closed = [place = place_, &set = host.set,
                    &home = host.loop](const Connection& connection) {
    report_end(set, connection, [&](const ConnectionEnd& end) {
      if (&connection.loop() == &home) return set.closed(place->spec, *place->endpoint, end);
      home.post([place, &set, end] { set.closed(place->spec, *place->endpoint, end); });
    });
  };
}

void ListeningService::listen(const ServiceHost& host, const ListenSpec& spec,
                              ProtocolFactory factory, ListenerOptions options) {
  spec_ = spec;
  options.closed = [this, &set = host.set](const Connection& connection) {
    report_end(set, connection,
               [&](const ConnectionEnd& end) { set.closed(spec_, listener_->endpoint(), end); });
  };
  admission_.emplace(host.loop, host.bans, spec);
  options.admit = admission_->user_filter();
  if (has_tls(spec.settings)) {
    tls_.emplace(spec);
    options.connection.transport = tls_->transport();
  }
  if (is_for_all_loops(host, spec)) {
    serve_on_all_loops(host, options);
    listener_.emplace(host.loop, duplicate_of(host.socket), std::move(factory), options);
    place_->endpoint = listener_->endpoint();
    return;
  }
  factory = [this, &set = host.set, make = std::move(factory)](const Address& peer) {
    ProtocolRef handler = make(peer);
    if (handler) set.opened(spec_, listener_->endpoint(), peer);
    return handler;
  };
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
