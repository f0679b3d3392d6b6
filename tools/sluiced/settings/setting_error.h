// What is wrong with one service's settings.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_SETTING_ERROR_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_SETTING_ERROR_H

#include <string>
#include <vector>

namespace sluice::tools::daemon {

struct SettingError {
  std::string key;      // where in a file to look; empty: the service. Also "kind" and "listen"
  std::string message;  // what was read, what is wrong with it, what is allowed; one line
};

using SettingErrors = std::vector<SettingError>;

}  // namespace sluice::tools::daemon

#endif
