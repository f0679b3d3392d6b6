// The order in which a client should try the addresses of a host.
//
// What it is: rules 1, 2, 5, 6 and 8 of RFC 6724, which compare kinds of addresses: their scope and
// their label. One source address is asked for of each kind, not of each address, and none when
// all are of one kind; so the cost is that of a few sockets, however many addresses there are.
// Addresses of one kind keep the server's order, by which it spreads its load (rule 10).
// Thread: any. Errors: std::bad_alloc. Source: RFC 6724, section 6.
#ifndef SLUICE_REACTOR_NAMES_ADDRESS_ORDER_H
#define SLUICE_REACTOR_NAMES_ADDRESS_ORDER_H

#include <optional>
#include <vector>

#include "../base/address.h"

namespace sluice {

// The address from which the system would send to `destination`; nothing when it has no way there.
std::optional<Address> source_address(const Address& destination) noexcept;

using SourceOf = std::optional<Address> (*)(const Address& destination);

// REQUIRES: IP addresses.
void put_in_order(std::vector<Address>& addresses, SourceOf source_of = &source_address);

}  // namespace sluice

#endif
