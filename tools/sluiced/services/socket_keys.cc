#include "socket_keys.h"

#include <sys/types.h>

namespace sluice::tools::daemon {
namespace {

constexpr const Key* kKeys[] = {&kIdleKey, &kMaxKey, &kPerSourceKey, &kReusePortKey, &kModeKey};

}  // namespace

std::span<const Key* const> socket_keys() noexcept { return kKeys; }

ListenerOptions derive_listener(const Settings& settings) {
  ListenerOptions options;
  options.connection.idle_timeout = settings.get(kIdleKey);
  options.max_connections = settings.find(kMaxKey).value_or(ListenerOptions::kNoLimit);
  options.max_per_source = settings.find(kPerSourceKey).value_or(ListenerOptions::kNoLimit);
  options.reuse_port = settings.get(kReusePortKey);
  if (const auto mode = settings.find(kModeKey)) options.mode = static_cast<mode_t>(*mode);
  return options;
}

DatagramOptions derive_datagram(const Settings& settings) {
  DatagramOptions options;
  options.reuse_port = settings.get(kReusePortKey);
  return options;
}

}  // namespace sluice::tools::daemon
