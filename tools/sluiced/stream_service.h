// A service over streams whose connections share one handler object.
//
// What it is: the handler and the listener that hands it newcomers. REQUIRES: Handler is a Protocol
// that keeps nothing of a connection.
// Errors: the constructor throws std::system_error that names the endpoint.
#ifndef SLUICE_TOOLS_SLUICED_STREAM_SERVICE_H
#define SLUICE_TOOLS_SLUICED_STREAM_SERVICE_H

#include <utility>

#include "../../reactor/stream/listener.h"
#include "listen_spec.h"
#include "service.h"

namespace sluice::tools::daemon {

template <class Handler>
class StreamService final : public RunningService {
 public:
  template <class... Arguments>
  StreamService(const ServiceHost& host, const ListenSpec& spec, Arguments&&... arguments)
      : handler_(std::forward<Arguments>(arguments)...),
        listener_(host.loop, spec.endpoint, handler_, spec.stream) {}
  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return listener_.endpoint(); }

 private:
  Handler handler_;
  Listener listener_;
};

}  // namespace sluice::tools::daemon

#endif
