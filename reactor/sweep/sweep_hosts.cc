#include "sweep_hosts.h"

#include <netinet/in.h>

#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "../base/keyed_hash.h"

namespace sluice {

SweepKey host_key(const Address& address) noexcept {
  SweepKey key;
  key.family = static_cast<std::uint32_t>(address.family());
  if (address.family() == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address.data(), sizeof v4);
    std::memcpy(key.words.data(), &v4.sin_addr, sizeof v4.sin_addr);
  } else if (address.family() == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address.data(), sizeof v6);
    std::memcpy(key.words.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    key.scope = v6.sin6_scope_id;
  }
  return key;
}

SweepKey network_key(const Address& address) noexcept {
  SweepKey key;
  if (address.is_loopback()) return key;
  key = host_key(address);
  if (key.family == AF_INET) {
    key.words[0] &= htonl(0xffffff00);
  } else {
    key.words[2] = key.words[3] = 0;
  }
  return key;
}

std::size_t SweepKeyHash::operator()(const SweepKey& key) const noexcept {
  static_assert(std::has_unique_object_representations_v<SweepKey>);
  return static_cast<std::size_t>(keyed_hash(std::as_bytes(std::span(&key, 1))));
}

const SweepHosts::Host* SweepHosts::find(const Address& address) const noexcept {
  const SweepKey key = host_key(address);
  for (const Table* table : {&recent_, &older_}) {
    const auto found = table->find(key);
    if (found != table->end()) return &found->second;
  }
  return nullptr;
}

SweepHosts::Host& SweepHosts::at(const Address& address) noexcept {
  const SweepKey key = host_key(address);
  const auto known = recent_.find(key);
  if (known != recent_.end()) return known->second;
  Host host;
  const auto old = older_.find(key);
  if (old != older_.end()) {
    host = old->second;
    older_.erase(old);
  }
  try {
    if (recent_.size() >= kMaxHosts / 2) {
      older_ = std::move(recent_);
      recent_ = Table();
    }
    return recent_.emplace(key, host).first->second;
  } catch (const std::bad_alloc&) {
    nowhere_ = host;
    return nowhere_;
  }
}

}  // namespace sluice
