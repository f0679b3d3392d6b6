// A service over streams, but for its handler: who is admitted, proxies, TLS, and the listener.
//
// What it is: the base of the services over streams, so that they differ in their handlers alone.
// Lifetime: as a Service. What the factory refers to may be a member of the derived class, although
// that is destroyed first: no connection is left by then, and none is accepted afterwards.
// Errors: listen() throws std::system_error; see start_service().
// Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_LISTENING_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_LISTENING_SERVICE_H

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../../../reactor/stream/listener.h"
#include "../endpoints/admission.h"
#include "../endpoints/proxy_endpoint.h"
#include "../endpoints/tls_endpoint.h"
#include "../settings/listen_spec.h"
#include "service_kind.h"

namespace sluice::tools::daemon {

class ListeningService : public Service {
 public:
  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return listener_->endpoint(); }
  void drain(std::chrono::milliseconds deadline, Task done) override {
    listener_->drain(deadline, std::move(done));
  }
  void retire() noexcept override { listener_->close(); }
  [[nodiscard]] ServiceCounters counters() const noexcept override {
    return ServiceCounters::of(*listener_);
  }
  [[nodiscard]] const Listener* listener() const noexcept override { return &*listener_; }
  [[nodiscard]] Task renew() override { return tls_ ? tls_->renew() : Task(); }
  [[nodiscard]] std::string certificate() const override {
    return tls_ ? tls_->describe() : std::string();
  }

 protected:
  // Accepts newcomers on a duplicate of host.socket, with PROXY headers and TLS if the spec has
  // them. REQUIRES: called once, by the constructor of the derived class.
  void listen(const ServiceHost& host, const ListenSpec& spec, ProtocolFactory factory,
              ListenerOptions options);

 private:
  ListenSpec spec_;  // for the log of connections
  std::optional<Admission> admission_;
  std::optional<TlsEndpoint> tls_;
  std::optional<ProxyEndpoint> proxy_;
  // For connections that end in another loop's thread, perhaps when this object is gone.
  struct Place {
    ListenSpec spec;
    std::optional<Endpoint> endpoint;
  };
  [[nodiscard]] static bool is_for_all_loops(const ServiceHost& host, const ListenSpec& spec);
  void serve_on_all_loops(const ServiceHost& host, ListenerOptions& options);

  std::shared_ptr<Place> place_;  // if it serves on all loops
  std::optional<Listener> listener_;
};

}  // namespace sluice::tools::daemon

#endif
