// The rules of a core that several services share: what one of them gives holds for all.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_SHARED_RULES_H
#define SLUICE_TOOLS_SLUICED_SERVICES_SHARED_RULES_H

#include <span>
#include <vector>

#include "../settings/listen_spec.h"
#include "../settings/setting_error.h"

namespace sluice::tools::daemon {

// Reports each rule of `spec` that contradicts one of the specs `before` it with which it shares a
// core. Otherwise one of the two would have no effect.
void validate_shared_rules(const ListenSpec& spec, std::span<const ListenSpec> before,
                           SettingErrors& errors);

// Gives each spec the rules of those with which it shares a core, so that what is shown is what
// holds. REQUIRES: validate_shared_rules() found nothing.
void share_rules(std::vector<ListenSpec>& specs);

}  // namespace sluice::tools::daemon

#endif
