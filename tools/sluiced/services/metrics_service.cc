#include "metrics_service.h"

#include <chrono>
#include <memory>
#include <string>

#include "../../../protocols/http/http_server.h"
#include "../endpoints/socket_keys.h"
#include "../settings/key_types.h"
#include "lag_probe.h"
#include "listening_service.h"
#include "metrics_text.h"

namespace sluice::tools::daemon {
namespace {

constexpr DurationKey kMessageTimeout = message_timeout_key("limit on the time of a whole request",
                                                            over_streams, std::chrono::seconds(10));

constexpr const Key* kKeys[] = {&kMessageTimeout};

class MetricsService final : public ListeningService, private HttpHandler {
 public:
  MetricsService(const ServiceHost& host, const ListenSpec& spec)
      : loop_(host.loop), set_(host.set), server_(*this), probe_(host.loop) {
    ListenerOptions options = derive_listener(spec.settings);
    options.connection.message_timeout = spec.settings.get(kMessageTimeout);
    HttpServer::limit_input(options.connection);
    listen(host, spec, server_.factory(), options);
  }

 private:
  HttpResponse respond(const HttpRequest& request, const Address& /*peer*/) override {
    if (request.path != "/metrics") return HttpResponse::failed(404, "there is only /metrics");
    return {.status = 200, .type = kMetricsType, .body = metrics_text(loop_, set_)};
  }

  const Loop& loop_;
  const ServiceSet& set_;
  HttpServer server_;
  LagProbe probe_;
};

// The counters name every service and endpoint: to show them to a network is a decision.
void validate(const ListenSpec& spec, SettingErrors& errors) {
  if (!spec.target.endpoint || spec.scheme() == Scheme::unix_stream) return;
  const Endpoint& endpoint = spec.endpoint();
  if (endpoint.address().is_loopback() || spec.settings.find(kAllowKey)) return;
  errors.push_back({"listen", "metrics at " + spec.written(endpoint) +
                                  " shows all services to other hosts, and needs "
                                  "allow=NETWORKS, which says to whom"});
}

std::unique_ptr<Service> start(const ServiceHost& host, const ListenSpec& spec) {
  return std::make_unique<MetricsService>(host, spec);
}

}  // namespace

const ServiceKind kMetricsKind = {
    .name = "metrics",
    .summary = "answers GET /metrics with all counters",
    .over_streams = true,
    .over_udp = false,
    .speaks_http = true,
    .keys = kKeys,
    .validate = validate,
    .start = start,
};

}  // namespace sluice::tools::daemon
