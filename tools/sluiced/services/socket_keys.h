// The keys that every kind of service has, and the options of a socket that come from them.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_SOCKET_KEYS_H
#define SLUICE_TOOLS_SLUICED_SERVICES_SOCKET_KEYS_H

#include <span>

#include "../../../reactor/datagram/datagram.h"
#include "../../../reactor/stream/listener.h"
#include "../settings/key_types.h"
#include "../settings/settings.h"

namespace sluice::tools::daemon {

inline constexpr DurationKey kIdleKey({.name = "idle",
                                       .form = "DURATION",
                                       .summary = "stream: close when idle this long",
                                       .applies = over_streams,
                                       .without = "--idle-timeout"});
inline constexpr NumberKey kMaxKey({.name = "max",
                                    .form = "COUNT",
                                    .summary = "stream: limit on open connections here",
                                    .applies = over_streams,
                                    .without = "none"},
                                   NumberKey::kCount);
inline constexpr NumberKey kPerSourceKey({.name = "per-source",
                                          .form = "COUNT",
                                          .summary = "tcp: limit on those from one address",
                                          .applies = over_tcp,
                                          .without = "none"},
                                         NumberKey::kCount);
inline constexpr SwitchKey kReusePortKey({.name = "reuse-port",
                                          .form = "on|off",
                                          .summary = "tcp, udp: share the port",
                                          .applies = over_ip},
                                         false);
inline constexpr ModeKey kModeKey({.name = "mode",
                                   .form = "OCTAL",
                                   .summary = "unix: permissions of the socket file",
                                   .applies = over_unix,
                                   .without = "umask"});

std::span<const Key* const> socket_keys() noexcept;

ListenerOptions derive_listener(const Settings& settings);
DatagramOptions derive_datagram(const Settings& settings);

}  // namespace sluice::tools::daemon

#endif
