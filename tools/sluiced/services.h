// What the daemon can serve. What it is: a constant table. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_H
#define SLUICE_TOOLS_SLUICED_SERVICES_H

#include <span>
#include <string_view>

#include "service.h"

namespace sluice::tools::daemon {

std::span<const Service* const> all_services() noexcept;

// Null when there is none of that name.
const Service* find_service(std::string_view name) noexcept;

}  // namespace sluice::tools::daemon

#endif
