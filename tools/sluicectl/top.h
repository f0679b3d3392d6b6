// `sluicectl top`: the services of a daemon on the whole screen, once a second, until `q`.
//
// Thread: the main one. Errors: throws what ask() throws, after the terminal is as it was, and
// std::runtime_error for a terminal that has no screen.
#ifndef SLUICE_TOOLS_SLUICECTL_TOP_H
#define SLUICE_TOOLS_SLUICECTL_TOP_H

#include <string>

namespace sluice::tools::control {

void run_top(const std::string& socket_path);

}  // namespace sluice::tools::control

#endif
