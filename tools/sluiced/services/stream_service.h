// A service over streams whose connections share one handler object.
//
// REQUIRES: Handler is a Protocol that keeps nothing of a connection.
// Errors: the constructor throws std::system_error that names the endpoint.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_STREAM_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_STREAM_SERVICE_H

#include <utility>

#include "../endpoints/socket_keys.h"
#include "listening_service.h"

namespace sluice::tools::daemon {

template <class Handler>
class StreamService final : public ListeningService {
 public:
  template <class... Arguments>
  StreamService(const ServiceHost& host, const ListenSpec& spec, Arguments&&... arguments)
      : handler_(std::forward<Arguments>(arguments)...) {
    listen(
        host, spec, [this](const Address&) { return ProtocolRef(handler_); },
        derive_listener(spec.settings));
  }

 private:
  Handler handler_;
};

}  // namespace sluice::tools::daemon

#endif
