#include "socket_keys.h"

#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "../../../reactor/base/text/quote.h"
#include "../../common/usage_error.h"
#include "tls_keys.h"

namespace sluice::tools::daemon {
namespace {

constexpr const Key* kKeys[] = {&kIdleKey,
                                &kMaxKey,
                                &kPerSourceKey,
                                &kConnectRateKey,
                                &kConnectRatePerSourceKey,
                                &kSourcePrefixKey,
                                &kAnswersKey,
                                &kAnswersPerSourceKey,
                                &kReusePortKey,
                                &kModeKey,
                                &kAllowKey,
                                &kDenyKey,
                                &kProxyKey,
                                &kAllowUsersKey,
                                &kTlsKey,
                                &kCertKey,
                                &kKeyKey,
                                &kSniKey,
                                &kOcspKey,
                                &kClientCaKey,
                                &kClientCertKey,
                                &kAlpnKey,
                                &kNameKey};

// As many at once as in the period.
std::optional<TokenRate> token_rate(const Rate& rate) {
  if (rate.is_off()) return {};
  return TokenRate::of(rate.count, std::chrono::seconds(rate.seconds), rate.count);
}

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
  options.connect_rate = token_rate(settings.get(kConnectRateKey));
  options.connect_rate_per_source = token_rate(settings.get(kConnectRatePerSourceKey));
  options.source_prefix = static_cast<unsigned>(settings.get(kSourcePrefixKey));
  options.reuse_port = settings.get(kReusePortKey);
  if (const auto mode = settings.find(kModeKey)) options.mode = static_cast<mode_t>(*mode);
  return options;
}

DatagramOptions derive_datagram(const Settings& settings) {
  DatagramOptions options;
  options.reuse_port = settings.get(kReusePortKey);
  return options;
}

AnswerBudget derive_answers(const Settings& settings, AnswerBudget budget) {
  const std::uint64_t total = settings.find(kAnswersKey).value_or(budget.total);
  const std::uint64_t per_source = settings.find(kAnswersPerSourceKey).value_or(budget.per_source);
  return {.total = static_cast<std::uint32_t>(total),
          .per_source = static_cast<std::uint32_t>(per_source),
          .source_prefix = static_cast<unsigned>(settings.get(kSourcePrefixKey))};
}

}  // namespace sluice::tools::daemon
