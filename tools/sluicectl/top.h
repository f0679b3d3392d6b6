// `sluicectl top`: the services of a daemon on the whole screen, once a second, until `q`; or as
// JSON, an object a second on a separate line, until nobody reads them.
//
// Thread: the main one. Errors: throws what ask() throws, after the terminal is as it was, and
// std::runtime_error for a terminal that has no screen.
#ifndef SLUICE_TOOLS_SLUICECTL_TOP_H
#define SLUICE_TOOLS_SLUICECTL_TOP_H

#include <string>

namespace sluice::tools::control {

void run_top(const std::string& socket_path);
// Throws what write_standard_output() throws, too.
[[noreturn]] void run_top_as_json(const std::string& socket_path);

}  // namespace sluice::tools::control

#endif
