#include "service_kinds.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <system_error>

#include "broadcast_service.h"
#include "chat_service.h"
#include "framed_service.h"
#include "irc_service.h"
#include "metrics_service.h"
#include "relay_service.h"
#include "small_services.h"
#include "web_service.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::array kKinds = {
    &kEchoKind,  &kDiscardKind,   &kChargenKind, &kDaytimeKind, &kTimeKind,
    &kUpperKind, &kGreetKind,     &kFramedKind,  &kChatKind,    &kIrcKind,
    &kRelayKind, &kBroadcastKind, &kMetricsKind, &kWebKind,
};

}  // namespace

std::span<const ServiceKind* const> all_kinds() noexcept { return kKinds; }

const ServiceKind* find_kind(std::string_view name) noexcept {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [name](const ServiceKind* kind) { return kind->name == name; });
  return found == kKinds.end() ? nullptr : *found;
}

const ServiceKind& kind_of(const ListenSpec& spec) noexcept {
  const ServiceKind* kind = find_kind(spec.kind);
  assert(kind != nullptr);
  return *kind;
}

std::string core_name_of(const ListenSpec& spec) {
  const ServiceKind& kind = kind_of(spec);
  return kind.core_name == nullptr ? std::string() : kind.core_name(spec);
}

std::vector<std::string_view> schemes_of(const ServiceKind& kind) {
  std::vector<std::string_view> schemes;
  if (kind.over_streams) {
    schemes.push_back(kind.speaks_http ? "http" : "tcp");
    schemes.push_back(kind.speaks_http ? "https" : "tls");
  }
  const bool has_websockets = !kind.websocket_keys.empty();
  if (has_websockets) schemes.insert(schemes.end(), {"ws", "wss"});
  if (kind.over_udp) schemes.push_back("udp");
  if (kind.over_streams) schemes.push_back("unix");
  if (has_websockets) schemes.push_back("ws+unix");
  return schemes;
}

std::unique_ptr<Service> start_service(const ServiceHost& host, const ListenSpec& spec) {
  try {
    return kind_of(spec).start(host, spec);
  } catch (const std::system_error& error) {
    std::string call = error.what();
    if (call.find("://") != call.npos) throw;
    call = call.substr(0, call.rfind(": " + error.code().message()));
    throw std::system_error(error.code(), call + ' ' + spec.endpoint().to_string());
  }
}

}  // namespace sluice::tools::daemon
