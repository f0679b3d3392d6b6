#include "relay_peer.h"

#include <new>

#include "relay.h"

namespace sluice {

void RelayPeer::on_open(Connection& connection) {
  if (relay_ == nullptr) return connection.close();
  relay_->add(*this);
  connection_ = &connection;
}

std::size_t RelayPeer::on_data(Connection& connection, std::span<const std::byte> in) {
  if (relay_ == nullptr) return in.size();
  if (relay_->must_wait(*this)) {
    relay_->wait(*this);
    connection.pause();
    return 0;
  }
  relay_->deliver(*this, in);
  return in.size();
}

void RelayPeer::on_writable(Connection& /*connection*/) {
  if (relay_ != nullptr) relay_->mark_caught_up(*this);
}

void RelayPeer::on_close(Connection& /*connection*/, std::error_code /*reason*/) {
  if (relay_ != nullptr && connection_ != nullptr) relay_->remove(*this);
  connection_ = nullptr;
}

bool RelayPeer::send(const Payload& payload) noexcept {
  if (connection_->state() != Connection::State::open) return false;
  try {
    connection_->send(payload);
  } catch (const std::bad_alloc&) {
    connection_->abort();  // it would miss bytes, and not know
    return false;
  }
  return connection_->state() == Connection::State::open &&
         connection_->queued() > connection_->options().high_water;
}

void RelayPeer::detach() noexcept {
  relay_ = nullptr;
  connection_->close();
}

}  // namespace sluice
