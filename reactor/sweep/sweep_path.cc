#include "sweep_path.h"

#include <sys/socket.h>

#include <new>
#include <utility>

namespace sluice {

SweepPaths::SweepPaths(const SweepWindow::Limits& limits) noexcept
    : limits_(limits), shared_(SweepKey{.words = {}, .scope = 0, .family = AF_INET}, limits) {}

SweepPath& SweepPaths::enter(const Address& target) noexcept {
  const SweepKey key = network_key(target);
  SweepPath& path = last_ != nullptr && last_->key == key && last_ != &shared_ ? *last_ : find(key);
  last_ = &path;
  if (path.probes++ == 0 && path.linked()) {
    path.unlink();
    --idle_count_;
  }
  return path;
}

SweepPath& SweepPaths::find(const SweepKey& key) noexcept {
  const auto known = paths_.find(key);
  if (known != paths_.end()) return *known->second;
  try {
    auto path = std::make_unique<SweepPath>(key, limits_);
    return *paths_.emplace(key, std::move(path)).first->second;
  } catch (const std::bad_alloc&) {
    return shared_;
  }
}

void SweepPaths::leave(SweepPath& path) noexcept {
  if (--path.probes > 0 || &path == &shared_) return;
  idle_.push_back(path);
  if (++idle_count_ <= kMaxIdle) return;
  SweepPath& oldest = idle_.front();
  if (last_ == &oldest) last_ = nullptr;
  --idle_count_;
  const SweepKey key = oldest.key;  // not a reference into the object that is erased
  paths_.erase(key);
}

}  // namespace sluice
