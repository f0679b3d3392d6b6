#include "privileged_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "../../../protocols/broadcast/broadcast_control.h"
#include "../../../reactor/datagram/datagram_open.h"
#include "../../../reactor/stream/listen_socket.h"
#include "../endpoints/endpoint_socket.h"
#include "../endpoints/socket_keys.h"
#include "../endpoints/tls_keys.h"
#include "../log/open_log.h"
#include "../services/broadcast_service.h"
#include "../services/chat_core.h"

namespace sluice::tools::daemon {
namespace {

constexpr uid_t kNoUser = static_cast<uid_t>(-1);  // chown(2) does not change the owner

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

}  // namespace

PrivilegedEntries::PrivilegedEntries(std::span<const ListenSpec> specs,
                                     const ControlSettings& control, const LogTarget& log) {
  const auto add = [this](const Endpoint& endpoint, const auto& options,
                          std::optional<gid_t> group = {}) {
    sockets_.try_emplace(endpoint.to_string(), Socket{endpoint, options, group});
  };
  if (control.socket) {
    ListenerOptions options;
    options.mode = control.mode;
    const auto group = control.group ? std::optional(control.group->id) : std::nullopt;
    add(*control.socket, options, group);
  }
  const auto add_log = [this](const LogTarget& target) {
    logs_.emplace(to_string(target), target);
  };
  for (const ListenSpec& spec : specs) {
    for (RoomLogFile& file : room_log_files(spec.settings)) {
      add_log({LogTarget::Kind::file, std::move(file.path)});
    }
    for (std::string& path : tls_files(spec.settings)) files_.insert(std::move(path));
    if (spec.kind == kBroadcastKind.name) {
      const BroadcastPlan plan = derive_broadcast(spec.settings);
      if (plan.control) add(*plan.control, BroadcastControl::listener_options());
    }
    if (spec.descriptor >= 0) continue;  // every process has it
    if (spec.scheme() == Scheme::udp) {
      add(spec.endpoint(), derive_datagram(spec.settings));
    } else {
      add(spec.endpoint(), derive_listener(spec.settings));
    }
  }
  if (log.kind != LogTarget::Kind::standard_error) add_log(log);
}

const PrivilegedEntries::Socket* PrivilegedEntries::socket(std::string_view name) const noexcept {
  const auto found = sockets_.find(name);
  return found == sockets_.end() ? nullptr : &found->second;
}

const std::string* PrivilegedEntries::file(std::string_view path) const noexcept {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &*found;
}

const LogTarget* PrivilegedEntries::log(std::string_view name) const noexcept {
  const auto found = logs_.find(name);
  return found == logs_.end() ? nullptr : &found->second;
}

void PrivilegedList::use_next() {
  if (next_) used_ = std::move(*next_);
  next_.reset();
}

const PrivilegedEntries::Socket* PrivilegedList::socket(std::string_view name) const noexcept {
  const PrivilegedEntries::Socket* const found = next_ ? next_->socket(name) : nullptr;
  return found != nullptr ? found : used_.socket(name);
}

PrivilegedList::Opened PrivilegedList::open(const Request& request) {
  try {
    switch (request.kind) {
      case RequestKind::file:
        return open_file(request.text);
      case RequestKind::log:
        return open_log(request.text);
      case RequestKind::socket:
      case RequestKind::own_file:
      case RequestKind::leave_file:
      case RequestKind::remove_file:
        break;
      default:
        return {ENOSYS};
    }
    const std::string name(request.text);
    if (request.kind == RequestKind::leave_file || request.kind == RequestKind::remove_file) {
      // Even if no configuration names it any more: we have bound it.
      const auto file = files_.find(name);
      if (file == files_.end()) return {ENOENT};
      if (request.kind == RequestKind::leave_file) file->second.release();
      files_.erase(file);
      return {};
    }
    const PrivilegedEntries::Socket* const found = socket(name);
    if (found == nullptr) return {EACCES};
    if (request.kind == RequestKind::socket) return {0, open_socket(name, *found)};
    own_file(name, *found);
    return {};
  } catch (const std::system_error& error) {
    return {error.code().value()};
  } catch (const std::bad_alloc&) {
    return {ENOMEM};
  }
}

Fd PrivilegedList::open_socket(const std::string& name, const PrivilegedEntries::Socket& socket) {
  if (const auto* options = std::get_if<DatagramOptions>(&socket.options)) {
    return open_bound(socket.endpoint, *options).fd;
  }
  ListenSocket listening(socket.endpoint, std::get<ListenerOptions>(socket.options));
  Fd fd = duplicate_of(listening.fd());
  if (socket.endpoint.scheme() != Scheme::unix_stream) return fd;
  const std::string path = socket.endpoint.address().path();
  if (socket.group && ::lchown(path.c_str(), kNoUser, *socket.group) != 0) fail("chown");
  SocketFile& file = files_[name];
  file.release();  // of an earlier socket, in whose place this one is
  file.adopt(socket.endpoint.address());
  listening.leave_file();
  return fd;
}

void PrivilegedList::own_file(const std::string& name, const PrivilegedEntries::Socket& socket) {
  const auto* options = std::get_if<ListenerOptions>(&socket.options);
  if (options == nullptr || socket.endpoint.scheme() != Scheme::unix_stream) return;
  const std::string path = socket.endpoint.address().path();
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) fail("stat");
  if (!S_ISSOCK(status.st_mode)) throw std::system_error(ENOTSOCK, std::generic_category());
  files_[name].adopt(socket.endpoint.address());
  // Not through a link that another process has put there.
  if (options->mode &&
      ::fchmodat(AT_FDCWD, path.c_str(), *options->mode, AT_SYMLINK_NOFOLLOW) != 0) {
    fail("chmod");
  }
}

PrivilegedList::Opened PrivilegedList::open_file(std::string_view path) const {
  const std::string* found = next_ ? next_->file(path) : nullptr;
  if (found == nullptr) found = used_.file(path);
  if (found == nullptr) return {EACCES};
  // O_NONBLOCK: a FIFO without a writer would hold the parent up.
  Fd fd(::open(found->c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return {errno};
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return {errno};
  if (!S_ISREG(status.st_mode)) return {EINVAL};
  return {0, std::move(fd)};
}

PrivilegedList::Opened PrivilegedList::open_log(std::string_view name) const {
  const LogTarget* found = next_ ? next_->log(name) : nullptr;
  if (found == nullptr) found = used_.log(name);
  if (found == nullptr) return {EACCES};
  return {0, daemon::open_log(*found)};
}

}  // namespace sluice::tools::daemon
