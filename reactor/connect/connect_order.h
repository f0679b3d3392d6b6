// The order in which the connector tries several addresses. Only for Connector.
//
// What it is: a pure function. Thread: any. Errors: std::bad_alloc.
// Source: RFC 8305, section 4.
#ifndef SLUICE_REACTOR_CONNECT_CONNECT_ORDER_H
#define SLUICE_REACTOR_CONNECT_CONNECT_ORDER_H

#include <vector>

#include "../base/address.h"

namespace sluice {

// Alternates between IPv6 addresses and all others, beginning with IPv6, and keeps the given order
// within each group. An IPv4-mapped IPv6 address counts as IPv4.
[[nodiscard]] std::vector<Address> interleaved(const std::vector<Address>& addresses);

}  // namespace sluice

#endif
