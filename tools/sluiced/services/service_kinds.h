// What the daemon can serve. A constant table. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_KINDS_H
#define SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_KINDS_H

#include <span>
#include <string_view>

#include "service_kind.h"

namespace sluice::tools::daemon {

std::span<const ServiceKind* const> all_kinds() noexcept;

// Null if there is none of that name.
const ServiceKind* find_kind(std::string_view name) noexcept;

// REQUIRES: the spec was read without an error.
const ServiceKind& kind_of(const ListenSpec& spec) noexcept;

}  // namespace sluice::tools::daemon

#endif
