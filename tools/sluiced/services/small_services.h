// The services that keep nothing of a connection: one object, or one function, serves them all.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_SMALL_SERVICES_H
#define SLUICE_TOOLS_SLUICED_SERVICES_SMALL_SERVICES_H

#include "../settings/key_types.h"
#include "service_kind.h"

namespace sluice::tools::daemon {

extern const ServiceKind kEchoKind;
extern const ServiceKind kDiscardKind;
extern const ServiceKind kChargenKind;
extern const ServiceKind kDaytimeKind;
extern const ServiceKind kTimeKind;
extern const ServiceKind kUpperKind;
extern const ServiceKind kGreetKind;

// Of greet.
inline constexpr TextKey kGreetText({.name = "text",
                                     .form = "TEXT",
                                     .summary = "the text to send; required",
                                     .applies = over_streams,
                                     .required = true},
                                    TextKey::kAny);

}  // namespace sluice::tools::daemon

#endif
