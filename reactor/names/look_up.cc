#include "look_up.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "address_order.h"

namespace sluice {
namespace {

constexpr std::array kOfBoth = {DnsType::aaaa, DnsType::a};
constexpr std::array kOfName = {DnsType::ptr};

}  // namespace

void LookUp::plan(const SearchRules& rules) {
  if (is_localhost) {
    steps = {{true, host}};
  } else if (names_found) {
    steps = {{true, {}}, {false, reverse_dns_name(address)}};
  } else {
    steps = search_steps(host, rules);
  }
  std::reverse(steps.begin(), steps.end());
}

std::span<const DnsType> LookUp::types() const noexcept {
  const std::span<const DnsType> both = kOfBoth;
  if (names_found) return kOfName;
  if (family == AF_INET6) return both.first(1);
  return family == AF_INET ? both.last(1) : both;
}

void LookUp::look_into(const HostsFile& file, const std::string& name) {
  if (names_found) {
    names = file.names(address);
  } else {
    add(file.addresses(name));
  }
}

void LookUp::add(std::span<const RawAddress> found) {
  for (const RawAddress& one : found) {
    if (family == AF_UNSPEC || family == one.family()) addresses.push_back(one.with_port(port));
  }
}

void LookUp::take(const DnsAnswer& answer) noexcept {
  --awaited;
  if (answer.error) return fail(answer.error);
  try {
    add(answer.addresses);
    if (names_found) names = answer.names;
  } catch (const std::bad_alloc&) {
    fail(ResolverError::no_memory);
  }
}

// Keeps the more important error: a failure, then "no address", then "not found".
void LookUp::fail(std::error_code why) noexcept {
  if (!error || error == ResolverError::not_found ||
      (error == ResolverError::no_address && why != ResolverError::not_found)) {
    error = why;
  }
}

bool LookUp::goes_on() const noexcept {
  return !has_found() && !steps.empty() &&
         (!error || error == ResolverError::not_found || error == ResolverError::no_address);
}

void LookUp::conclude() noexcept {
  try {
    if (is_localhost && !has_found() && !error) {
      add(std::array{RawAddress(Address::loopback(AF_INET6, 0)),
                     RawAddress(Address::loopback(AF_INET, 0))});
    }
    if (has_found() && error != ResolverError::no_memory) error = {};
    put_in_order(addresses);
  } catch (const std::bad_alloc&) {
    error = ResolverError::no_memory;
  }
  if (error == ResolverError::no_memory) {
    addresses.clear();
    names.clear();
  }
  // If the address's name exists but has no PTR record, the caller should see "not found".
  if (!has_found() && (!error || (names_found && error == ResolverError::no_address))) {
    error = ResolverError::not_found;
  }
}

void LookUp::call_back() {
  if (addresses_found) {
    addresses_found(error, std::move(addresses));
  } else {
    names_found(error, std::move(names));
  }
}

}  // namespace sluice
