#include "irc.h"

#include <memory>

#include "irc_peer.h"

namespace sluice {

ProtocolRef Irc::handler() { return std::make_unique<IrcPeer>(chat_.desk(), options_); }

ProtocolFactory Irc::factory() {
  return [this](const Address&) { return handler(); };
}

}  // namespace sluice
