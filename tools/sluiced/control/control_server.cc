#include "control_server.h"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "../../../reactor/base/text/quote.h"
#include "control_session.h"

namespace sluice::tools::daemon {
namespace {

constexpr uid_t kNoUser = static_cast<uid_t>(-1);  // chown(2) does not change the owner

ListenerOptions options_of(const ControlSettings& settings) {
  ListenerOptions options = ControlSession::listener_options();
  options.mode = settings.mode;
  return options;
}

}  // namespace

ControlServer::ControlServer(ControlTarget& target, const ControlSettings& settings, Fd bound)
    : listener_(
          target.loop(), *settings.socket,
          [&target](const Address&) -> ProtocolRef {
            return std::make_unique<ControlSession>(target);
          },
          options_of(settings), std::move(bound)) {
  const std::string path = endpoint().address().path();
  if (listener_.has_bound() && settings.group &&
      ::lchown(path.c_str(), kNoUser, settings.group->id) != 0) {
    throw std::system_error(
        errno, std::generic_category(),
        "chown " + endpoint().to_string() + " to the group " + quote(settings.group->name));
  }
}

void ControlServer::retire() noexcept {
  listener_.leave_file();
  listener_.close();
}

}  // namespace sluice::tools::daemon
