#include "relay.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <new>

#include "../../reactor/base/payload.h"
#include "relay_peer.h"

namespace sluice {

Relay::Relay(Loop& loop, const RelayOptions& options)
    : options_(options),
      end_of_turn_(loop, [this] { resume_waiting(); }),
      behind_(
          loop,
          [](RelayPeer& peer) {
            peer.set_behind(false);
            peer.abort();
          },
          [this] { schedule_resume(); }) {}

Relay::~Relay() {
  for (RelayPeer* const peer : peers_) peer->detach();
}

ProtocolFactory Relay::factory() {
  return [this](const Address&) -> ProtocolRef {
    if (peers_.size() >= options_.max_peers) return nullptr;
    return std::make_unique<RelayPeer>(*this);
  };
}

void Relay::remove(RelayPeer& peer) noexcept {
  std::erase(peers_, &peer);
  std::erase(waiting_, &peer);
  mark_caught_up(peer);
}

void Relay::deliver(const RelayPeer& from, std::span<const std::byte> bytes) {
  if (peers_.size() < 2) return;
  const Payload payload = Payload::copy(bytes);
  for (RelayPeer* const peer : peers_) {
    if (peer == &from) continue;
    if (peer->send(payload) && !peer->is_behind()) mark_behind(*peer);
  }
}

// Whether somebody else is behind: a peer does not receive its own bytes.
bool Relay::must_wait(const RelayPeer& peer) const noexcept {
  return behind_.size() > (peer.is_behind() ? 1U : 0U);
}

void Relay::mark_behind(RelayPeer& peer) {
  try {
    behind_.add(peer, options_.patience);
    peer.set_behind(true);
  } catch (const std::bad_alloc&) {
    peer.abort();  // a delivery in progress must not fail
  }
}

void Relay::mark_caught_up(RelayPeer& peer) noexcept {
  if (!behind_.remove(peer)) return;
  peer.set_behind(false);
  schedule_resume();
}

// At the end of the turn: many peers may catch up in one turn.
void Relay::schedule_resume() noexcept {
  if (!waiting_.empty()) end_of_turn_.request();
}

void Relay::resume_waiting() {
  // resume() calls no handler: the bytes that wait are delivered later in this turn.
  std::erase_if(waiting_, [this](RelayPeer* peer) {
    if (must_wait(*peer)) return false;
    peer->resume();
    return true;
  });
}

}  // namespace sluice
