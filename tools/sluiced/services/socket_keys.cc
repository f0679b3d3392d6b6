#include "socket_keys.h"

#include <sys/types.h>

#include <algorithm>

#include "../../../reactor/base/quote.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {
namespace {

constexpr const Key* kKeys[] = {&kIdleKey, &kMaxKey,   &kPerSourceKey, &kReusePortKey,
                                &kModeKey, &kAllowKey, &kDenyKey,      &kNameKey};

}  // namespace

std::span<const Key* const> socket_keys() noexcept { return kKeys; }

void check_service_name(std::string_view name, std::string_view text) {
  const auto is_graphic = [](char c) { return c > ' ' && c <= '~'; };
  if (std::all_of(text.begin(), text.end(), is_graphic)) return;
  throw UsageError(std::string(name) + ' ' + quote(text) +
                   " has a character that is not allowed; allowed: letters, digits and "
                   "punctuation of ASCII");
}

std::string service_name(const ListenSpec& spec) {
  return spec.settings.find(kNameKey).value_or(spec.kind);
}

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
