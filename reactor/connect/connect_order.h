// The order in which several addresses are tried. For Connector.
//
// What it is: a pure function. Thread: any. Errors: std::bad_alloc.
// Source: RFC 8305, section 4.
#ifndef SLUICE_REACTOR_CONNECT_CONNECT_ORDER_H
#define SLUICE_REACTOR_CONNECT_CONNECT_ORDER_H

#include <vector>

#include "../base/address.h"

namespace sluice {

// IPv6 and the others in turn, beginning with IPv6; within each of the two as they were. An IPv4
// address that is mapped into IPv6 counts as IPv4.
[[nodiscard]] std::vector<Address> interleaved(const std::vector<Address>& addresses);

}  // namespace sluice

#endif
