// The options of sluice-talk that are about TLS.
//
// Errors: UsageError. Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_TALK_TLS_OPTIONS_H
#define SLUICE_TOOLS_SLUICE_TALK_TLS_OPTIONS_H

#include "../common/command_line.h"
#include "endpoint_reader.h"

namespace sluice::tools::talk {

// Completes `endpoint.tls`; --starttls makes one for tcp://.
void read_tls_options(TalkEndpoint& endpoint, const CommandLine& line);

}  // namespace sluice::tools::talk

#endif
