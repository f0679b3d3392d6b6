#include "source_limits.h"

namespace sluice {

Address SourceLimits::key(const Address& source) noexcept {
  Address host = source.unmapped();
  host.set_port(0);
  return host;
}

bool SourceLimits::add(const Address& source) {
  const auto [entry, fresh] = counts_.try_emplace(key(source), 0);
  if (entry->second < limit_) {
    ++entry->second;
    return true;
  }
  if (fresh) counts_.erase(entry);  // a limit of 0
  return false;
}

void SourceLimits::remove(const Address& source) noexcept {
  const auto entry = counts_.find(key(source));
  if (entry != counts_.end() && --entry->second == 0) counts_.erase(entry);
}

std::size_t SourceLimits::count(const Address& source) const noexcept {
  const auto entry = counts_.find(key(source));
  return entry == counts_.end() ? 0 : entry->second;
}

}  // namespace sluice
