#include "relay_socket.h"

#include "relay.h"

namespace sluice {

std::optional<HttpResponse> RelaySocket::on_request(Connection& /*connection*/,
                                                    const HttpRequest& /*request*/) {
  if (!relay_.is_full()) return {};
  return HttpResponse::failed(503, "the relay has as many peers as it may");
}

void RelaySocket::on_established(Connection& connection) { member_.join(connection); }

void RelaySocket::on_message(Connection& /*connection*/, WebSocketKind kind, Bytes message) {
  member_.deliver(kind == WebSocketKind::text ? RelayForm::text : RelayForm::binary, message);
}

}  // namespace sluice
