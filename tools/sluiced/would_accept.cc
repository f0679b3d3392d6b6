#include "would_accept.h"

#include "../../reactor/base/text/quote.h"
#include "../common/usage_error.h"
#include "endpoints/admission.h"
#include "endpoints/socket_keys.h"

namespace sluice::tools::daemon {
namespace {

std::string verdict(const ListenSpec& spec, const Address& peer) {
  if (spec.scheme() == Scheme::unix_stream) return "refused: an address cannot reach a Unix socket";
  const AccessRules rules = derive_access(spec.settings);
  const std::string allow = " allow (" + spec.allow_at + ')';
  if (const Network* denied = network_of(rules.deny, peer)) {
    return "refused: " + denied->to_string() + " is in deny (" + spec.deny_at + ')';
  }
  if (!rules.allow) {
    return rules.deny.empty() ? "accepted: there is neither allow nor deny"
                              : "accepted: it is in no network of deny (" + spec.deny_at + ')';
  }
  const Network* const allowed = network_of(*rules.allow, peer);
  if (allowed == nullptr) return "refused: it is in no network of" + allow;
  return "accepted: " + allowed->to_string() + " is in" + allow;
}

}  // namespace

Address parse_peer(std::string_view text) {
  const auto address = Address::from_ip(text, 0);
  if (address) return address->unmapped();
  throw UsageError("address " + quote(text) +
                   " is not a numeric IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1");
}

std::string would_accept(std::span<const ListenSpec> specs, const Address& peer) {
  std::string lines;
  for (const ListenSpec& spec : specs) {
    lines += service_name(spec) + ' ' + spec.target.text + ": " + verdict(spec, peer) + '\n';
  }
  return lines;
}

}  // namespace sluice::tools::daemon
