// How the houses of the daemon's chats reach those of other machines.
//
// Thread: any; the function: the loop's. Errors: std::system_error for certificates that are not
// valid; std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_BUS_MAKER_H
#define SLUICE_TOOLS_SLUICED_BUS_MAKER_H

#include "log/log.h"
#include "services/service_kind.h"
#include "settings/bus_settings.h"

namespace sluice::tools::daemon {

// Empty if `settings` have no server. REQUIRES: load_bus_files() has accepted them, and the log
// outlives the function and what it makes.
BusMaker make_bus_maker(const BusSettings& settings, Log& log);

}  // namespace sluice::tools::daemon

#endif
