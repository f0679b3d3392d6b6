#include "web_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../../../protocols/http/http_handler.h"
#include "../../../protocols/webchat/chat_sockets.h"
#include "../endpoints/socket_keys.h"
#include "chat_core.h"
#include "lag_probe.h"
#include "metrics_text.h"
#include "status_json.h"
#include "web_files.h"
#include "websocket_service.h"

namespace sluice::tools::daemon {
namespace {

using namespace chat_keys;

constexpr std::string_view kChatPath = "/chat";

constexpr NetworksKey kStatus({.name = "status",
                               .form = "NETWORKS",
                               .summary = "who may see /status and /metrics",
                               .applies = over_streams,
                               .without = "this host"});

constexpr const Key* kKeys[] = {&kHouse,     &kGreeting,  &kMotd,           &kHistory,
                                &kLine,      &kMembers,   &kInRoom,         &kRooms,
                                &kReserved,  &kOperators, &kOperatorCerts,  &kOperatorPasswords,
                                &kRate,      &kBurst,     &kRoomLog,        &kLoggedRooms,
                                &kSendQueue, &kSlow,      &kMessageTimeout, &kFirstMessageTimeout,
                                &kOriginKey, &kPingKey,   &kDeflateKey,     &kStatus};

// A page may use what this server has, and nothing else.
constexpr std::string_view kHeaders =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
    "Cache-Control: no-cache\r\n";

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kPlain = "text/plain; charset=utf-8";

struct Page {
  std::string_view path;
  std::string_view file;
  std::string_view type;
  bool is_status = false;
};
constexpr Page kPages[] = {
    {"/", "chat.html", kHtml},
    {"/chat.js", "chat.js", "text/javascript; charset=utf-8"},
    {"/style.css", "style.css", "text/css; charset=utf-8"},
    {"/status", "status.html", kHtml, true},
    {"/status.js", "status.js", "text/javascript; charset=utf-8"},
};

std::string_view file_named(std::string_view name) noexcept {
  const auto files = web_files();
  const auto found = std::find_if(files.begin(), files.end(),
                                  [name](const WebFile& file) { return file.name == name; });
  return found == files.end() ? std::string_view() : found->text;
}

HttpResponse ok(std::string_view type, std::string body) {
  return {.status = 200, .type = type, .body = std::move(body)};
}

class WebService final : private HttpHandler, public WebSocketService {
 public:
  // REQUIRES: `chat` outlives it.
  WebService(const ServiceHost& host, const ListenSpec& spec, Chat& chat)
      : WebSocketService(host, spec, derive_websocket(spec.settings, kMaxLine),
                         derive_door(spec.settings), this),
        loop_(host.loop),
        set_(host.set),
        status_(spec.settings.find(kStatus)),
        probe_(host.loop),
        sockets_(chat, server(),
                 {.path = std::string(kChatPath),
                  .max_line = static_cast<std::size_t>(spec.settings.get(kLine))}) {
    serve(host, spec, sockets_.factory());
  }

 private:
  HttpResponse respond(const HttpRequest& request, const Address& peer) override {
    HttpResponse response = answer(request, peer);
    response.headers += kHeaders;
    return response;
  }

  HttpResponse answer(const HttpRequest& request, const Address& peer) {
    const std::string_view path = request.path;
    if (path == "/healthz") return ok(kPlain, "ok\n");
    if (path == kChatPath) {
      HttpResponse response = HttpResponse::failed(426, "this path is for WebSocket");
      response.headers = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
      return response;
    }
    const auto* const page = std::find_if(std::begin(kPages), std::end(kPages),
                                          [path](const Page& each) { return each.path == path; });
    const bool is_page = page != std::end(kPages);
    const bool is_json = path == "/status.json";
    if (!is_page && !is_json && path != "/metrics") {
      return HttpResponse::failed(404, "there is nothing at this path");
    }
    const bool is_status = !is_page || page->is_status;
    if (is_status && !may_see_status(request, peer, status_ ? &*status_ : nullptr)) {
      return HttpResponse::failed(403, "only those whom the key status names may see this");
    }
    if (is_page) return ok(page->type, std::string(file_named(page->file)));
    if (is_json) return ok(kJson, status_json(loop_, set_));
    return ok(kMetricsType, metrics_text(loop_, set_));
  }

  const Loop& loop_;
  const ServiceSet& set_;
  std::optional<Networks> status_;
  LagProbe probe_;
  ChatSockets sockets_;
};

std::unique_ptr<Service> start(const ServiceHost& host, const ListenSpec& spec) {
  return std::make_unique<WebService>(host, spec, chat_of(host));
}

bool is_local_name(std::string_view host) {
  host = host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return is_same_http_name(host, "localhost") || Address::from_ip(host, 0).has_value();
}

}  // namespace

bool may_see_status(const HttpRequest& request, const Address& peer, const Networks* networks) {
  if (networks != nullptr) {
    return peer.is_unix() || network_of(*networks, peer) != nullptr;
  }
  if (!peer.is_unix() && !peer.is_loopback()) return false;
  for (const std::string_view header : {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"}) {
    if (request.find(header)) return false;
  }
  return is_local_name(request.find("Host").value_or(std::string_view()));
}

const ServiceKind kWebKind = {
    .name = "web",
    .summary = "a page to chat, and one of the state",
    .over_streams = true,
    .over_udp = false,
    .speaks_http = true,
    .keys = kKeys,
    .validate = validate_door,
    .make_core = make_house,
    .core_name = house_of,
    .core_keys = kHouseKeys,
    .start = start,
};

}  // namespace sluice::tools::daemon
