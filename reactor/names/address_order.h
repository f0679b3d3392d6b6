// The order in which a client should try the addresses of a host.
//
// What it is: rules 1, 2, 5, 6 and 8 of RFC 6724, which compare scopes and labels. Addresses with
// the same scope and label are of one kind. The function asks the system for one source address for
// each kind, not for each address, and for none if all are of one kind. So it opens few sockets,
// however many addresses there are. Addresses of one kind keep the server's order, by which a
// server may distribute its load (rule 10).
// Thread: any. Errors: std::bad_alloc. Source: RFC 6724, section 6.
#ifndef SLUICE_REACTOR_NAMES_ADDRESS_ORDER_H
#define SLUICE_REACTOR_NAMES_ADDRESS_ORDER_H

#include <optional>
#include <vector>

#include "../base/address.h"

namespace sluice {

// The address from which the system would send to `destination`, or nothing if it has no route.
std::optional<Address> source_address(const Address& destination) noexcept;

using SourceOf = std::optional<Address> (*)(const Address& destination);

// REQUIRES: IP addresses.
void put_in_order(std::vector<Address>& addresses, SourceOf source_of = &source_address);

}  // namespace sluice

#endif
