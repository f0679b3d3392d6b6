// What the daemon can serve. A constant table. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_KINDS_H
#define SLUICE_TOOLS_SLUICED_SERVICES_SERVICE_KINDS_H

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "service_kind.h"

namespace sluice::tools::daemon {

std::span<const ServiceKind* const> all_kinds() noexcept;

// Null if there is none of that name.
const ServiceKind* find_kind(std::string_view name) noexcept;

// REQUIRES: the spec was read without an error.
const ServiceKind& kind_of(const ListenSpec& spec) noexcept;

// Of ServiceKind::core_name; empty if its kind has none.
std::string core_name_of(const ListenSpec& spec);

// The schemes of its endpoints, as they are written: "http", "unix".
std::vector<std::string_view> schemes_of(const ServiceKind& kind);

// Starts a service of that kind. Throws std::system_error that names the endpoint, also for a call
// that knows only a descriptor.
std::unique_ptr<Service> start_service(const ServiceHost& host, const ListenSpec& spec);

}  // namespace sluice::tools::daemon

#endif
