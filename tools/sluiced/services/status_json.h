// The numbers of the daemon as JSON, for the status page: those of `sluicectl show services` and
// `show counters`.
//
// Thread: the loop's. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_STATUS_JSON_H
#define SLUICE_TOOLS_SLUICED_SERVICES_STATUS_JSON_H

#include <string>

#include "../../../reactor/loop/loop.h"
#include "../../common/json_object.h"
#include "service_set.h"

namespace sluice::tools::daemon {

// What a loop has moved, and its turns: the part that `show loops` and the page share.
void add_work(JsonObject& row, const Counters& counters);

// What is known of a service: a row of `show services`.
JsonObject service_row(const ServiceSet::Member& member);

// {"time":MS,"version":"...","backend":"epoll","loop":{...},"services":[{...}]}
std::string status_json(const Loop& loop, const ServiceSet& services);

}  // namespace sluice::tools::daemon

#endif
