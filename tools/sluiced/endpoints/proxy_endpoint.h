// The proxies in front of a service: its key `proxy`.
//
// What it is: only proxies may connect to the endpoint. `allow`, `deny`, the bans and the limits on
// a source apply to the clients that their PROXY headers name.
// Lifetime: must outlive the listener and its connections, and be destroyed before the loop.
// Errors: std::bad_alloc. Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_PROXY_ENDPOINT_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_PROXY_ENDPOINT_H

#include <string>
#include <string_view>

#include "../../../protocols/proxy/proxy_transport.h"
#include "../../../reactor/loop/loop.h"
#include "../../../reactor/loop/paced_report.h"
#include "../../../reactor/stream/listener_options.h"
#include "../../../reactor/stream/newcomer_limits.h"
#include "../../../reactor/stream/protocol.h"
#include "../settings/listen_spec.h"
#include "admission.h"

namespace sluice::tools::daemon {

class ProxyEndpoint final : private ProxyGate {
 public:
  // `options` has the limits. REQUIRES: the spec has kProxyKey; `admission` outlives it.
  ProxyEndpoint(Loop& loop, const ListenSpec& spec, Admission& admission,
                const ListenerOptions& options);
  ProxyEndpoint(const ProxyEndpoint&) = delete;
  ProxyEndpoint& operator=(const ProxyEndpoint&) = delete;
  ~ProxyEndpoint() override = default;

  // Refuses newcomers that are not proxies, and reports them at most once a second.
  [[nodiscard]] ProtocolFactory filter(ProtocolFactory make);
  // With the header before their transport, and without the limits on a source: the listener knows
  // only the proxies.
  [[nodiscard]] ListenerOptions listener_options(ListenerOptions options);

 private:
  bool admit(const Address& client) override;
  void leave(const Address& client) noexcept override;
  void on_rejected(const Address& proxy, std::string_view why) override;

  void report(std::string what);
  // The listener counts the connections in all; here nothing is open.
  [[nodiscard]] static NewcomerLimits::Open nothing_open() noexcept;

  Loop& loop_;
  const Networks proxies_;
  Admission& admission_;
  const ListenerOptions limited_;
  NewcomerLimits limits_;
  const std::string where_;
  std::string last_;
  PacedReport reports_;
};

}  // namespace sluice::tools::daemon

#endif
