// The keys that every kind of service has, and the options of a socket that come from them.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_SOCKET_KEYS_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_SOCKET_KEYS_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "../../../protocols/udp/answer_limits.h"
#include "../../../reactor/base/source.h"
#include "../../../reactor/datagram/datagram.h"
#include "../../../reactor/loop/idle_list.h"
#include "../../../reactor/stream/listener.h"
#include "../settings/key_types.h"
#include "../settings/listen_spec.h"
#include "../settings/networks_key.h"
#include "../settings/rate_key.h"
#include "../settings/settings.h"
#include "../settings/users_key.h"

namespace sluice::tools::daemon {

// For kNameKey: throws UsageError for a character that is not graphic ASCII.
void check_service_name(std::string_view name, std::string_view text);

// The longest timeout of a connection.
inline constexpr std::chrono::milliseconds kMaxIdle = IdleList::kMaxTimeout;

inline constexpr DurationKey kIdleKey({.name = "idle",
                                       .form = "DURATION",
                                       .summary = "stream: close when idle this long",
                                       .applies = over_streams,
                                       .without = "--idle-timeout"},
                                      std::chrono::milliseconds(1), std::chrono::milliseconds(0),
                                      kMaxIdle);
inline constexpr NumberKey kMaxKey({.name = "max",
                                    .form = "COUNT",
                                    .summary = "stream: limit on open connections here",
                                    .applies = over_streams,
                                    .without = "none"},
                                   NumberKey::kCount);
inline constexpr NumberKey kPerSourceKey({.name = "per-source",
                                          .form = "COUNT",
                                          .summary = "tcp: limit on those from one source",
                                          .applies = over_tcp,
                                          .without = "none"},
                                         NumberKey::kCount);
inline constexpr RateKey::Limits kConnectRates{
    .counted = "connections", .max_count = 1'000'000, .max_seconds = 86'400};
inline constexpr RateKey kConnectRateKey({.name = "connect-rate",
                                          .form = "COUNT/SECONDS",
                                          .summary = "stream: limit on new connections here",
                                          .applies = over_streams},
                                         kConnectRates, Rate{});
inline constexpr RateKey kConnectRatePerSourceKey({.name = "connect-rate-per-source",
                                                   .form = "COUNT/SECONDS",
                                                   .summary = "tcp: limit on those from one source",
                                                   .applies = over_tcp},
                                                  kConnectRates, Rate{});
inline constexpr NumberKey kSourcePrefixKey({.name = "ipv6-prefix",
                                             .form = "BITS",
                                             .summary = "tcp, udp: of IPv6, that make a source",
                                             .applies = over_ip},
                                            {1, Source::kMaxPrefix}, Source::kDefaultPrefix);
// The keys for ConnectionOptions::message_timeout and first_message_timeout, of each kind whose
// peers send whole messages. The second is off by default.
constexpr DurationKey message_timeout_key(std::string_view summary, bool (*applies)(Scheme),
                                          std::chrono::milliseconds fallback) noexcept {
  return DurationKey(
      {.name = "message-timeout", .form = "DURATION", .summary = summary, .applies = applies},
      std::chrono::milliseconds(1), fallback, kMaxIdle);
}
constexpr DurationKey first_message_timeout_key(std::string_view summary,
                                                bool (*applies)(Scheme)) noexcept {
  return DurationKey(
      {.name = "first-message-timeout", .form = "DURATION", .summary = summary, .applies = applies},
      std::chrono::milliseconds(1), std::chrono::milliseconds(0), kMaxIdle);
}
// Their defaults depend on the kind.
inline constexpr NumberKey kAnswersKey({.name = "answers",
                                        .form = "COUNT",
                                        .summary = "udp: answers per second",
                                        .applies = over_udp,
                                        .without = "10000, broadcast 50"},
                                       NumberKey::kCount);
inline constexpr NumberKey kAnswersPerSourceKey({.name = "answers-per-source",
                                                 .form = "COUNT",
                                                 .summary = "udp: those to one source",
                                                 .applies = over_udp,
                                                 .without = "100, broadcast 2"},
                                                NumberKey::kCount);
static_assert(kMaxCount <= UINT32_MAX);
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
inline constexpr NetworksKey kAllowKey({.name = "allow",
                                        .form = "NETWORKS",
                                        .summary = "tcp, udp: serve only these peers",
                                        .applies = over_ip,
                                        .without = "all"});
inline constexpr NetworksKey kDenyKey({.name = "deny",
                                       .form = "NETWORKS",
                                       .summary = "tcp, udp: serve none of these peers",
                                       .applies = over_ip,
                                       .without = "none"});
inline constexpr NetworksKey kProxyKey({.name = "proxy",
                                        .form = "NETWORKS",
                                        .summary = "tcp: PROXY headers, from these peers only",
                                        .applies = over_tcp,
                                        .without = "none"});
inline constexpr UsersKey kAllowUsersKey({.name = "allow-users",
                                          .form = "USERS",
                                          .summary = "unix: serve only these users",
                                          .applies = over_unix,
                                          .without = "all"});
inline constexpr std::size_t kMaxName = 64;
inline constexpr TextKey kNameKey({.name = "name",
                                   .form = "NAME",
                                   .summary = "name of the service in messages",
                                   .without = "its kind"},
                                  {1, kMaxName}, {}, check_service_name);

// Of each endpoint. The last one, the name, is of the whole service.
std::span<const Key* const> socket_keys() noexcept;

// "house", or the kind of a service without a name: for messages.
std::string service_name(const ListenSpec& spec);

ListenerOptions derive_listener(const Settings& settings);
DatagramOptions derive_datagram(const Settings& settings);
// `budget` has the defaults of the kind.
AnswerBudget derive_answers(const Settings& settings, AnswerBudget budget = {});

}  // namespace sluice::tools::daemon

#endif
