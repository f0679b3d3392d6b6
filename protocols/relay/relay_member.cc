#include "relay_member.h"

#include <new>
#include <utility>

#include "../../reactor/stream/connection.h"
#include "../websocket/websocket.h"
#include "relay.h"

namespace sluice {

void RelayMember::join(Connection& connection) {
  relay_->add(*this);
  connection_ = &connection;
}

void RelayMember::leave() noexcept {
  if (relay_ != nullptr && connection_ != nullptr) relay_->remove(*this);
  connection_ = nullptr;
}

bool RelayMember::must_wait() const noexcept {
  return relay_ != nullptr && relay_->must_wait(*this);
}

void RelayMember::wait() {
  relay_->wait(*this);
  connection_->pause();
}

void RelayMember::deliver(RelayForm form, std::span<const std::byte> bytes) {
  if (relay_ != nullptr) relay_->deliver(*this, form, bytes);
}

void RelayMember::begin_drain() noexcept {
  draining_ = true;
  if (relay_ != nullptr) relay_->drain(*this);
}

void RelayMember::hold() noexcept {
  if (connection_ == nullptr || holds_) return;
  holds_ = true;
  connection_->hold();
}

void RelayMember::unhold() noexcept {
  if (std::exchange(holds_, false)) connection_->unhold();
}

void RelayMember::caught_up() noexcept {
  if (relay_ != nullptr) relay_->mark_caught_up(*this);
}

bool RelayMember::send(const Payload& raw, WebSocketBroadcast& message) noexcept {
  if (connection_->state() != Connection::State::open) return false;
  try {
    if (socket_ != nullptr) {
      socket_->send_message(message);
    } else {
      connection_->send(raw);
    }
  } catch (const std::bad_alloc&) {
    connection_->abort();  // it would miss bytes, and not know
    return false;
  }
  return connection_->state() == Connection::State::open &&
         connection_->queued() > connection_->options().high_water;
}

void RelayMember::resume() noexcept { connection_->resume(); }

void RelayMember::abort() noexcept { connection_->abort(); }

void RelayMember::detach() noexcept {
  relay_ = nullptr;
  if (socket_ == nullptr) return connection_->close();
  try {
    socket_->close(WebSocketCode::kGoingAway);
  } catch (const std::bad_alloc&) {
    connection_->abort();
  }
}

}  // namespace sluice
