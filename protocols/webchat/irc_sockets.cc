#include "irc_sockets.h"

#include <memory>

#include "irc_socket.h"

namespace sluice {

std::vector<std::string> IrcSockets::subprotocols() {
  return {"text.ircv3.net", std::string(IrcSocket::kBinary)};
}

ProtocolFactory IrcSockets::factory() {
  return [this](const Address&) -> ProtocolRef { return std::make_unique<IrcSocket>(*this); };
}

}  // namespace sluice
