// The control socket of the daemon, for sluicectl(8): plain data, and its spelling.
//
// Errors: the readers throw UsageError or std::invalid_argument with what was read and what is
// allowed. Thread: one at a time, because of group(5).
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_CONTROL_SETTINGS_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_CONTROL_SETTINGS_H

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "../../../reactor/base/endpoint.h"

namespace sluice::tools::daemon {

// A group of the system: its name as it was written, and its number.
struct ControlGroup {
  std::string name;
  gid_t id = 0;
  friend bool operator==(const ControlGroup&, const ControlGroup&) = default;
};

struct ControlSettings {
  static constexpr mode_t kDefaultMode = 0600;

  std::optional<Endpoint> socket;  // none: there is no control socket
  mode_t mode = kDefaultMode;
  std::optional<ControlGroup> group;  // none: that of the process
  friend bool operator==(const ControlSettings&, const ControlSettings&) = default;

  static Endpoint socket_from(std::string_view path);
  static mode_t mode_from(std::string_view text);
  // A name of group(5), or a number.
  static ControlGroup group_from(std::string_view text);
};

}  // namespace sluice::tools::daemon

#endif
