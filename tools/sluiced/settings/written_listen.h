// A service as it is written, before anything is known about its keys.
//
//   echo=tcp://127.0.0.1:7007,max=1000,idle=30s
//   greet=unix:///run/g.sock,mode=0660,text=Hello\, world.
//
// split_listen() splits the text of -l, NAME=ENDPOINT[,KEY=VALUE]... The first '=' ends the name,
// so a path may hold more of them. Everywhere else `\,` is a comma, `\\` a backslash, and `\n` and
// `\r` stand for what they are in C.
// Errors: SettingErrors, all that there are. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_WRITTEN_LISTEN_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_WRITTEN_LISTEN_H

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "setting_error.h"

namespace sluice::tools::daemon {

struct WrittenListen {
  std::string kind;
  std::string endpoint;
  std::vector<std::pair<std::string, std::string>> keys;  // in order
};

// What could be split is returned even if there are errors; nothing if there is no '='.
std::optional<WrittenListen> split_listen(std::string_view text, SettingErrors& errors);

}  // namespace sluice::tools::daemon

#endif
