// A service over streams whose connections share one handler object in each loop.
//
// REQUIRES: Handler is a Protocol that keeps nothing of a connection, and its arguments can be
// copied.
// Errors: the constructor throws std::system_error that names the endpoint.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_STREAM_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_STREAM_SERVICE_H

#include <memory>

#include "../endpoints/socket_keys.h"
#include "listening_service.h"

namespace sluice::tools::daemon {

template <class Handler>
class StreamService final : public ListeningService {
 public:
  template <class... Arguments>
  StreamService(const ServiceHost& host, const ListenSpec& spec, const Arguments&... arguments)
      : handler_(arguments...) {
    ListenerOptions options = derive_listener(spec.settings);
    options.factory_for = [arguments...](Loop&) -> ProtocolFactory {
      const auto handler = std::make_shared<Handler>(arguments...);
      return [handler](const Address&) { return ProtocolRef(*handler); };
    };
    listen(
        host, spec, [this](const Address&) { return ProtocolRef(handler_); }, options);
  }

 private:
  Handler handler_;
};

}  // namespace sluice::tools::daemon

#endif
