// What configuration files say, once it is read and valid: plain data.
//
// What a file does not mention is not set here.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_H
#define SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_H

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "../../../reactor/loop/loop.h"
#include "../settings/bus_settings.h"
#include "../settings/control_settings.h"
#include "../settings/listen_spec.h"
#include "../settings/log_settings.h"
#include "../settings/sandbox_mode.h"
#include "../settings/workers.h"

namespace sluice::tools::daemon {

struct Config {
  std::vector<std::string> include;  // the patterns
  std::optional<Backend> backend;
  std::optional<std::size_t> workers;
  std::optional<std::string> user;
  std::optional<std::string> chroot;
  std::optional<SandboxMode> sandbox;
  std::optional<std::size_t> max_connections;
  std::optional<std::size_t> max_memory;  // bytes
  std::optional<std::chrono::milliseconds> drain_timeout;
  std::optional<LogTarget> log_to;
  std::optional<LogFormat> log_format;
  std::optional<bool> log_connections;
  std::optional<LogLevel> log_level;
  std::optional<Endpoint> control_socket;
  std::optional<mode_t> control_mode;
  std::optional<ControlGroup> control_group;
  BusSettings bus;                 // nothing is read from the files that it names
  std::vector<ListenSpec> listen;  // hosts are not looked up yet
};

}  // namespace sluice::tools::daemon

#endif
