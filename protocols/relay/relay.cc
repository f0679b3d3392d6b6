#include "relay.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <new>

#include "../../reactor/base/payload.h"
#include "../websocket/websocket.h"
#include "relay_peer.h"
#include "relay_socket.h"

namespace sluice {

Relay::Relay(Loop& loop, const RelayOptions& options)
    : options_(options),
      end_of_turn_(loop, [this] { resume_waiting(); }),
      behind_(
          loop,
          [](RelayMember& peer) {
            peer.behind_ = false;
            peer.abort();
          },
          [this] { schedule_resume(); }) {}

Relay::~Relay() {
  for (RelayMember* const peer : peers_) peer->detach();
}

ProtocolFactory Relay::factory() {
  return [this](const Address&) -> ProtocolRef {
    if (is_full()) return nullptr;
    return std::make_unique<RelayPeer>(*this);
  };
}

ProtocolFactory Relay::factory(WebSocketServer& server) {
  return [this, &server](const Address&) -> ProtocolRef {
    return std::make_unique<RelaySocket>(server, *this);
  };
}

void Relay::remove(RelayMember& peer) noexcept {
  std::erase(peers_, &peer);
  std::erase(waiting_, &peer);
  mark_caught_up(peer);
}

void Relay::deliver(const RelayMember& from, RelayForm form, std::span<const std::byte> bytes) {
  if (peers_.size() < 2) return;
  // Each is made once, if a peer needs it.
  Payload raw;
  WebSocketBroadcast message(form == RelayForm::text ? WebSocketKind::text : WebSocketKind::binary,
                             bytes);
  for (RelayMember* const peer : peers_) {
    if (peer == &from) continue;
    if (peer->socket_ == nullptr && raw.empty()) raw = Payload::copy(bytes);
    if (peer->send(raw, message) && !peer->behind_) mark_behind(*peer);
  }
}

// Whether somebody else is behind: a peer does not receive its own bytes.
bool Relay::must_wait(const RelayMember& peer) const noexcept {
  return behind_.size() > (peer.behind_ ? 1U : 0U);
}

void Relay::mark_behind(RelayMember& peer) {
  try {
    behind_.add(peer, options_.patience);
    peer.behind_ = true;
  } catch (const std::bad_alloc&) {
    peer.abort();  // a delivery in progress must not fail
  }
}

void Relay::mark_caught_up(RelayMember& peer) noexcept {
  if (!behind_.remove(peer)) return;
  peer.behind_ = false;
  schedule_resume();
}

// At the end of the turn: many peers may catch up in one turn.
void Relay::schedule_resume() noexcept {
  if (!waiting_.empty()) end_of_turn_.request();
}

void Relay::resume_waiting() {
  // resume() calls no handler: the bytes that wait are delivered later in this turn.
  std::erase_if(waiting_, [this](RelayMember* peer) {
    if (must_wait(*peer)) return false;
    peer->resume();
    return true;
  });
}

}  // namespace sluice
