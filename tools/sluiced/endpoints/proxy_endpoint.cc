#include "proxy_endpoint.h"

#include <utility>

#include "socket_keys.h"

namespace sluice::tools::daemon {
namespace {

ListenerOptions limits_on_sources(const ListenerOptions& options) {
  ListenerOptions limits;
  limits.max_per_source = options.max_per_source;
  limits.connect_rate_per_source = options.connect_rate_per_source;
  limits.source_prefix = options.source_prefix;
  return limits;
}

}  // namespace

ProxyEndpoint::ProxyEndpoint(Loop& loop, const ListenSpec& spec, Admission& admission,
                             const ListenerOptions& options)
    : loop_(loop),
      proxies_(spec.settings.get(kProxyKey)),
      admission_(admission),
      limited_(limits_on_sources(options)),
      limits_(limited_),
      where_(spec.endpoint().to_string()),
      reports_(loop, [this]() -> Report {
        return {.kind = Report::Kind::refused, .where = where_, .what = last_, .error = {}};
      }) {}

ProtocolFactory ProxyEndpoint::filter(ProtocolFactory make) {
  return [this, make = std::move(make)](const Address& peer) {
    if (peer.is_ip() && network_of(proxies_, peer) != nullptr) return make(peer);
    report(peer.to_string() + " is no proxy: it is in no network of proxy");
    return ProtocolRef(nullptr);
  };
}

ListenerOptions ProxyEndpoint::listener_options(ListenerOptions options) {
  options.max_per_source = ListenerOptions::kNoLimit;
  options.connect_rate_per_source.reset();
  options.connection.transport = read_proxy_headers(*this, std::move(options.connection.transport));
  return options;
}

NewcomerLimits::Open ProxyEndpoint::nothing_open() noexcept {
  return {.here = 0, .in_loop = 0, .loop_limit = ListenerOptions::kNoLimit};
}

bool ProxyEndpoint::admit(const Address& client) {
  if (!admission_.admit(client)) return false;
  const auto refused = limits_.admit(client, nothing_open(), loop_.now());
  if (!refused) return true;
  report(limits_.describe(*refused, client, nothing_open()));
  return false;
}

void ProxyEndpoint::leave(const Address& client) noexcept { limits_.remove(client); }

void ProxyEndpoint::on_rejected(const Address& proxy, std::string_view why) {
  report(proxy.to_string() + " has sent: " + std::string(why));
}

void ProxyEndpoint::report(std::string what) {
  last_ = std::move(what);
  reports_.happened();
}

}  // namespace sluice::tools::daemon
