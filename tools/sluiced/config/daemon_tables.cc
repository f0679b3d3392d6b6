#include "daemon_tables.h"

#include <array>
#include <string>

#include "../../common/duration.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {

void read_limits(const TomlEntry& entry, GivenKeys& given, Config& config, ConfigFaults& faults) {
  const std::array keys = {ScalarKey{"max-connections",
                                     [&config](const std::string& text) {
                                       config.max_connections =
                                           parse_count("max-connections", text);
                                     }},
                           ScalarKey{"max-memory",
                                     [&config](const std::string& text) {
                                       config.max_memory = parse_size("max-memory", text);
                                     }},
                           ScalarKey{"drain-timeout", [&config](const std::string& text) {
                                       config.drain_timeout = parse_duration("drain-timeout", text);
                                     }}};
  read_scalars(entry, keys, given, faults);
}

void read_log(const TomlEntry& entry, GivenKeys& given, Config& config, ConfigFaults& faults) {
  const std::array keys = {
      ScalarKey{"to",
                [&config](const std::string& text) { config.log_to = log_target_from(text); }},
      ScalarKey{"format",
                [&config](const std::string& text) { config.log_format = log_format_from(text); }},
      ScalarKey{"connections",
                [&config](const std::string& text) { config.log_connections = text == "true"; },
                false, true},
      ScalarKey{"level",
                [&config](const std::string& text) { config.log_level = log_level_from(text); }}};
  read_scalars(entry, keys, given, faults);
}

void read_bus(const TomlEntry& entry, GivenKeys& given, Config& config, ConfigFaults& faults) {
  const auto text_into = [](std::string& to) {
    return [&to](const std::string& text) {
      if (text.empty()) throw UsageError("the text is empty");
      to = text;
    };
  };
  const std::array keys = {ScalarKey{"url",
                                     [&config](const std::string& text) {
                                       (void)parse_bus_url(text);
                                       config.bus.url = text;
                                     }},
                           ScalarKey{"secret-file", text_into(config.bus.secret_file)},
                           ScalarKey{"secret", text_into(config.bus.secret)},
                           ScalarKey{"ca", text_into(config.bus.ca_file)},
                           ScalarKey{"ca-text", text_into(config.bus.ca)}};
  read_scalars(entry, keys, given, faults);
}

void read_control(const TomlEntry& entry, GivenKeys& given, Config& config, ConfigFaults& faults) {
  const std::array keys = {ScalarKey{"socket",
                                     [&config](const std::string& text) {
                                       config.control_socket = ControlSettings::socket_from(text);
                                     }},
                           ScalarKey{"mode",
                                     [&config](const std::string& text) {
                                       config.control_mode = ControlSettings::mode_from(text);
                                     },
                                     true},
                           ScalarKey{"group", [&config](const std::string& text) {
                                       config.control_group = ControlSettings::group_from(text);
                                     }}};
  read_scalars(entry, keys, given, faults);
}

}  // namespace sluice::tools::daemon
