// Makes a text that one Broadcast publishes a text of all of them, over a Bus.
//
//   sluice::BroadcastBridge bridge(bus);
//   bridge.add(broadcast);
//
// What it is: a text is sent at once by the object that publishes it, which knows the result, and
// by all others of this bridge. Those of other processes send it when it comes from the bus, in the
// order of the bus. A text that waits in the bus is sent later; one that the bus loses is not sent.
// Two processes on one network both send to it.
// Lifetime: the bus outlives it. An object is removed before it is destroyed. Thread: the loop's.
// Errors: std::bad_alloc. A text that cannot be sent is reported by the object that should.
#ifndef SLUICE_PROTOCOLS_BUS_BROADCAST_BRIDGE_H
#define SLUICE_PROTOCOLS_BUS_BROADCAST_BRIDGE_H

#include <cstdint>
#include <string_view>
#include <vector>

#include "../broadcast/broadcast.h"
#include "bus.h"

namespace sluice {

class BroadcastBridge final : private BusListener {
 public:
  // Null: there are no other processes.
  explicit BroadcastBridge(Bus* bus);
  BroadcastBridge(const BroadcastBridge&) = delete;
  BroadcastBridge& operator=(const BroadcastBridge&) = delete;
  ~BroadcastBridge();

  // Uses its set_published().
  void add(Broadcast& broadcast);
  void remove(Broadcast& broadcast) noexcept;

 private:
  void on_message(const BusMessage& message) override;
  void on_gap(std::string_view /*house*/, std::uint64_t /*lost*/) override {}
  void on_reachable(bool /*reachable*/) override {}
  void on_house_gone(std::string_view /*house*/) override {}

  Bus* const bus_;
  std::vector<Broadcast*> all_;
};

}  // namespace sluice

#endif
