// A service over streams whose connections share one handler object.
//
// It is the handler, and the listener that hands new connections to it. REQUIRES: Handler is a
// Protocol that keeps nothing of a connection.
// Errors: the constructor throws std::system_error that names the endpoint.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_STREAM_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_STREAM_SERVICE_H

#include <chrono>
#include <utility>

#include "../../../reactor/stream/listener.h"
#include "../settings/listen_spec.h"
#include "admission.h"
#include "listening_socket.h"
#include "service_kind.h"
#include "socket_keys.h"

namespace sluice::tools::daemon {

template <class Handler>
class StreamService final : public Service {
 public:
  template <class... Arguments>
  StreamService(const ServiceHost& host, const ListenSpec& spec, Arguments&&... arguments)
      : handler_(std::forward<Arguments>(arguments)...),
        admission_(host.loop, spec),
        listener_(host.loop, duplicate_of(host.listening),
                  admission_.filter([this](const Address&) { return ProtocolRef(handler_); }),
                  derive_listener(spec.settings)) {}

  [[nodiscard]] const Endpoint& endpoint() const noexcept override { return listener_.endpoint(); }
  void drain(std::chrono::milliseconds deadline, Task done) override {
    listener_.drain(deadline, std::move(done));
  }
  void retire() noexcept override { listener_.close(); }
  [[nodiscard]] std::size_t connections() const noexcept override {
    return listener_.connections();
  }
  [[nodiscard]] ServiceCounters counters() const noexcept override {
    return ServiceCounters::of(listener_);
  }
  [[nodiscard]] const Listener* listener() const noexcept override { return &listener_; }

 private:
  Handler handler_;
  Admission admission_;
  Listener listener_;
};

}  // namespace sluice::tools::daemon

#endif
