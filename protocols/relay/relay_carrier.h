// Carries what the peers of a relay say to relays in other processes, and back.
//
// What it is: the seam between a Relay and a bus. A relay with a carrier delivers nothing by
// itself: the carrier returns everything by Relay::receive(), in its order.
// Lifetime: REQUIRES that it outlives the relay, or is removed by set_carrier(nullptr).
// Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_RELAY_RELAY_CARRIER_H
#define SLUICE_PROTOCOLS_RELAY_RELAY_CARRIER_H

#include <cstddef>
#include <span>

#include "relay_member.h"

namespace sluice {

class RelayCarrier {
 public:
  RelayCarrier() = default;
  RelayCarrier(const RelayCarrier&) = delete;
  RelayCarrier& operator=(const RelayCarrier&) = delete;

  // Copies the bytes. May throw std::bad_alloc.
  virtual void carry(const RelayMember& from, RelayForm form, std::span<const std::byte> bytes) = 0;
  // No peer is read until the carrier calls Relay::resume().
  [[nodiscard]] virtual bool is_full() const noexcept = 0;
  // Something waits for peers that are behind.
  [[nodiscard]] virtual bool has_pending() const noexcept = 0;
  // A peer begins to drain, and then waits for no other relay: what has been carried
  // is for the peers of this relay at once, and so is what a peer says that is_draining().
  virtual void drain() noexcept = 0;
  // No peer is behind any more. Runs at the end of a turn.
  virtual void caught_up() noexcept = 0;
  // The peer has left: what it has said is still delivered.
  virtual void gone(const RelayMember& peer) noexcept = 0;

 protected:
  ~RelayCarrier() = default;
};

}  // namespace sluice

#endif
