#include "listening_service.h"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

#include "../../../reactor/base/fd.h"

namespace sluice::tools::daemon {
namespace {

// Closed in a child that executes another program.
Fd duplicate_of(int descriptor) {
  Fd duplicate(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (duplicate) return duplicate;
  throw std::system_error(errno, std::generic_category(), "fcntl(F_DUPFD_CLOEXEC)");
}

}  // namespace

void ListeningService::listen(const ServiceHost& host, const ListenSpec& spec,
                              ProtocolFactory factory, const ListenerOptions& options) {
  admission_.emplace(host.loop, spec);
  listener_.emplace(host.loop, duplicate_of(host.listening), admission_->filter(std::move(factory)),
                    options);
}

}  // namespace sluice::tools::daemon
