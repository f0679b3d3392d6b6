#include "control_server.h"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "../../../reactor/base/quote.h"
#include "../endpoints/endpoint_socket.h"
#include "control_session.h"

namespace sluice::tools::daemon {
namespace {

constexpr uid_t kNoUser = static_cast<uid_t>(-1);  // chown(2) does not change the owner

}  // namespace

ControlServer::ControlServer(ControlTarget& target, const ControlSettings& settings, Fd bound)
    : endpoint_(*settings.socket) {
  ListenerOptions options = ControlSession::listener_options();
  options.mode = settings.mode;
  if (Opener* const opener = bound ? nullptr : Opener::of_process()) {
    bound = opener->socket(endpoint_);
    opened_.set(endpoint_);
  }
  const bool binds = !bound;
  if (binds) {
    socket_.emplace(endpoint_, options);
  } else {
    socket_.emplace(std::move(bound), options);
  }
  const auto factory = [&target](const Address&) -> ProtocolRef {
    return std::make_unique<ControlSession>(target);
  };
  listener_.emplace(target.loop(), duplicate_of(socket_->fd()), factory, options);
  const std::string path = endpoint_.address().path();
  if (binds && settings.group && ::lchown(path.c_str(), kNoUser, settings.group->id) != 0) {
    throw std::system_error(
        errno, std::generic_category(),
        "chown " + endpoint_.to_string() + " to the group " + quote(settings.group->name));
  }
}

void ControlServer::retire() noexcept {
  socket_->leave_file();
  opened_.leave();
  socket_->close();
  listener_->close();
}

}  // namespace sluice::tools::daemon
