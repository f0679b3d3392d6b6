// What a parent opens for its worker, and nothing else.
//
// What it is: a list that is made from a configuration which the parent has read itself. The worker
// names an entry, and only the entry decides what is opened, and how. A name that is not the same,
// byte by byte, as that of an entry is refused: "..", links and other spellings lead nowhere. While
// a configuration is being replaced, the entries of both count.
// It also keeps the files of Unix sockets that it has bound, and removes them when it is destroyed.
// Thread: one. Errors: open() returns the errno; the constructor and the others throw
// std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_PRIVILEGES_PRIVILEGED_LIST_H
#define SLUICE_TOOLS_SLUICED_PRIVILEGES_PRIVILEGED_LIST_H

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "../../../reactor/base/endpoint.h"
#include "../../../reactor/base/fd.h"
#include "../../../reactor/datagram/datagram_types.h"
#include "../../../reactor/stream/listener_options.h"
#include "../../../reactor/stream/socket_file.h"
#include "../settings/control_settings.h"
#include "../settings/listen_spec.h"
#include "../settings/log_settings.h"
#include "request.h"

namespace sluice::tools::daemon {

// Of one configuration. REQUIRES for each spec: its host has been looked up.
class PrivilegedEntries {
 public:
  struct Socket {
    Endpoint endpoint;
    std::variant<ListenerOptions, DatagramOptions> options;
    std::optional<gid_t> group;  // of its file
  };

  PrivilegedEntries() = default;
  PrivilegedEntries(std::span<const ListenSpec> specs, const ControlSettings& control,
                    const LogTarget& log);

  // By its name, as Endpoint::to_string(), or null.
  [[nodiscard]] const Socket* socket(std::string_view name) const noexcept;
  [[nodiscard]] const std::string* file(std::string_view path) const noexcept;
  // By its name, as to_string(): of the daemon's log, and of rooms. The standard error is none: it
  // is open.
  [[nodiscard]] const LogTarget* log(std::string_view name) const noexcept;

 private:
  std::map<std::string, Socket, std::less<>> sockets_;
  std::set<std::string, std::less<>> files_;
  std::map<std::string, LogTarget, std::less<>> logs_;
};

class PrivilegedList {
 public:
  struct Opened {
    int error = 0;  // an errno
    Fd fd = {};
  };

  // `entries` are of the configuration that is in use.
  explicit PrivilegedList(PrivilegedEntries entries) : used_(std::move(entries)) {}

  // Those of a configuration that is about to be used; they come first. Replaces earlier ones.
  void set_next(PrivilegedEntries entries) { next_ = std::move(entries); }
  void use_next();
  void drop_next() noexcept { next_.reset(); }

  // Of the kinds that open something, or are about a file. Anything else is ENOSYS.
  [[nodiscard]] Opened open(const Request& request);

 private:
  [[nodiscard]] const PrivilegedEntries::Socket* socket(std::string_view name) const noexcept;
  Fd open_socket(const std::string& name, const PrivilegedEntries::Socket& socket);
  [[nodiscard]] Opened open_file(std::string_view path) const;
  [[nodiscard]] Opened open_log(std::string_view name) const;
  void own_file(const std::string& name, const PrivilegedEntries::Socket& socket);

  PrivilegedEntries used_;
  std::optional<PrivilegedEntries> next_;
  std::map<std::string, SocketFile, std::less<>> files_;  // by the names of their sockets
};

}  // namespace sluice::tools::daemon

#endif
