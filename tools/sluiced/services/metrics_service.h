// The counters of the daemon over HTTP: the service `metrics`.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_METRICS_SERVICE_H
#define SLUICE_TOOLS_SLUICED_SERVICES_METRICS_SERVICE_H

#include "service_kind.h"

namespace sluice::tools::daemon {

extern const ServiceKind kMetricsKind;

}  // namespace sluice::tools::daemon

#endif
