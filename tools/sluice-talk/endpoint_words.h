// The endpoint in the words of the command line: one, or HOST and PORT as nc(1) and telnet(1) have
// them, with the port as a number or as the name of a service.
//
//   localhost:7007   localhost 7007   localhost:ssh   udp://[::1] domain   ::1 22
//
// What it is: a pure function of the words and the services database. It checks only what it
// changes: the result is for parse_target().
// Errors: UsageError that names the word and what is allowed. Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_TALK_ENDPOINT_WORDS_H
#define SLUICE_TOOLS_SLUICE_TALK_ENDPOINT_WORDS_H

#include <functional>
#include <string>
#include <vector>

#include "../../reactor/names/service_names.h"

namespace sluice::tools::talk {

// Calls `services` only if a port is not a number. REQUIRES: at least one word.
std::string endpoint_of_words(const std::vector<std::string>& words,
                              const std::function<ServiceNames()>& services);

}  // namespace sluice::tools::talk

#endif
