#include "relay.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <new>
#include <utility>

#include "../../reactor/base/payload.h"
#include "relay_carrier.h"
#include "relay_peer.h"
#include "relay_socket.h"

namespace sluice {

Relay::Relay(Loop& loop, const RelayOptions& options)
    : loop_(loop),
      options_(options),
      end_of_turn_(loop, [this] { end_turn(); }),
      behind_(
          loop,
          [](RelayMember& peer) {
            peer.behind_ = false;
            peer.abort();
          },
          [this] { schedule_resume(); }) {}

Relay::~Relay() {
  send_gathered();
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

// Those that come and go in this turn get what was said while they were there, and nothing else.
void Relay::add(RelayMember& peer) {
  send_gathered();
  peers_.push_back(&peer);
}

void Relay::remove(RelayMember& peer) noexcept {
  if (from_ == &peer) send_gathered();
  std::erase(peers_, &peer);
  std::erase(waiting_, &peer);
  mark_caught_up(peer);
  if (carrier_ != nullptr) carrier_->gone(peer);
}

void Relay::deliver(const RelayMember& from, RelayForm form, std::span<const std::byte> bytes) {
  if (carrier_ != nullptr) return carrier_->carry(from, form, bytes);
  if (peers_.size() >= 2) spread(&from, form, bytes);
}

void Relay::receive(const RelayMember* from, RelayForm form,
                    std::span<const std::byte> bytes) noexcept {
  try {
    spread(from, form, bytes);
  } catch (const std::bad_alloc&) {
    abort_others(from);
  }
}

void Relay::abort_behind(std::chrono::milliseconds least) noexcept {
  for (RelayMember* const peer : peers_) {
    if (!peer->behind_ || loop_.now() - peer->behind_since_ < least) continue;
    mark_caught_up(*peer);
    peer->abort();
  }
}

void Relay::abort_others(const RelayMember* from) noexcept {
  for (RelayMember* const peer : peers_) {
    if (peer != from) peer->abort();
  }
}

void Relay::spread(const RelayMember* from, RelayForm form, std::span<const std::byte> bytes) {
  const auto kind = form == RelayForm::text ? WebSocketKind::text : WebSocketKind::binary;
  const bool gathers = from == nullptr || !from->draining_;
  const bool is_short = gathers && form != RelayForm::bytes && bytes.size() < kMaxGathered;
  if (from_ != from || !is_short || gathered_.size() + bytes.size() > kMaxGathered) {
    send_gathered();
  }
  if (is_short) {
    gathered_.add(kind, bytes);
    from_ = from;
    return end_of_turn_.request();
  }
  WebSocketBroadcast message;
  Payload raw;
  for (RelayMember* const peer : peers_) {  // each is made once, if a peer needs it
    if (peer == from) continue;
    const bool is_socket = peer->socket_ != nullptr;
    if (is_socket && message.empty()) message.add(kind, bytes);
    if (!is_socket && raw.empty()) raw = Payload::copy(bytes);
    send(*peer, raw, message);
  }
}

void Relay::send_gathered() noexcept {
  if (gathered_.empty()) return;
  const RelayMember* const from = std::exchange(from_, nullptr);
  Payload raw;
  for (RelayMember* const peer : peers_) {
    if (peer == from) continue;
    try {
      if (peer->socket_ == nullptr && raw.empty()) raw = gathered_.contents();
      send(*peer, raw, gathered_);
    } catch (const std::bad_alloc&) {
      peer->abort();  // it would miss bytes, and not know
    }
  }
  gathered_.clear();
}

void Relay::send(RelayMember& peer, const Payload& raw, WebSocketBroadcast& messages) {
  if (peer.send(raw, messages) && !peer.behind_) mark_behind(peer);
}

// Whether somebody else is behind: a peer does not receive its own bytes.
bool Relay::must_wait(const RelayMember& peer) const noexcept {
  if (carrier_ != nullptr && carrier_->is_full()) return true;
  return behind_.size() > (peer.behind_ ? 1U : 0U);
}

void Relay::mark_behind(RelayMember& peer) {
  try {
    behind_.add(peer, options_.patience);
    peer.behind_ = true;
    peer.behind_since_ = loop_.now();
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
  if (!waiting_.empty() || carrier_ != nullptr) end_of_turn_.request();
}

void Relay::end_turn() {
  send_gathered();
  if (carrier_ != nullptr && may_receive()) carrier_->caught_up();
  if (resume_waiting() && has_drained_) return end_of_turn_.request();
  if (!has_drained_ || !waiting_.empty() || (carrier_ != nullptr && carrier_->has_pending()))
    return;
  for (RelayMember* const peer : peers_) peer->unhold();
}

void Relay::drain(RelayMember& peer) noexcept {
  has_drained_ = true;
  if (carrier_ != nullptr) {
    carrier_->drain();
    if (peer.socket_ == nullptr) peer.hold();  // a WebSocket sends its Close frame at once
    end_of_turn_.request();
  }
  send_gathered();
}

bool Relay::is_draining() const noexcept {
  if (!has_drained_) return false;
  return std::ranges::all_of(peers_, [](const RelayMember* peer) { return peer->draining_; });
}

bool Relay::resume_waiting() {
  // resume() calls no handler: the bytes that wait are delivered later in this turn.
  const std::size_t resumed = std::erase_if(waiting_, [this](RelayMember* peer) {
    if (must_wait(*peer)) return false;
    peer->resume();
    return true;
  });
  return resumed != 0;
}

}  // namespace sluice
