#include "group_membership.h"

#include <algorithm>

namespace sluice {
namespace {

bool contains(std::span<const Address> list, const Address& one) noexcept {
  return std::ranges::find(list, one) != list.end();
}

}  // namespace

std::error_code GroupMembership::set_groups(std::span<const Address> groups) {
  std::error_code failure;
  const auto leave_if_absent = [this, groups](const Address& one) {
    if (contains(groups, one)) return false;
    try {
      socket_.leave(one);
    } catch (const std::system_error&) {
      // The kernel has removed the membership already.
    }
    return true;
  };
  joined_.erase(std::remove_if(joined_.begin(), joined_.end(), leave_if_absent), joined_.end());
  for (const Address& group : groups) {
    if (contains(joined_, group)) continue;
    joined_.reserve(joined_.size() + 1);
    try {
      socket_.join(group);
    } catch (const std::system_error& error) {
      if (error.code() == std::errc::no_such_device) continue;
      if (error.code() != std::errc::address_in_use) {
        failure = error.code();
        continue;
      }
    }
    joined_.push_back(group);
  }
  return failure;
}

}  // namespace sluice
