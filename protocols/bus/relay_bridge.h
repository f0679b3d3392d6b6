// Makes the relays of several processes one relay, over a Bus.
//
//   sluice::RelayBridge bridge(loop, relay, bus);
//
// What it is: what a peer says goes to the bus, and to the other peers when it comes back. So all
// peers, in whatever process, receive the same bytes in the same order, but for their own. Forms,
// and the boundaries of messages, are kept.
// Without the bus: what has not come back is delivered to the peers of this process at once, and so
// is what follows. The others get it when the bus is back, up to the bound of the bus. The peers
// read nothing of all that: a relay adds no byte. The bus reports what is lost.
// Drain: when a peer drains, what has not come back is delivered at once too, because it may come
// back too late. The other processes receive it from the bus.
// Slow bus: above kMaxHeld, no peer of this relay is read.
// Slow peers: while a peer is behind, what comes from the bus waits here. Above kMaxPending the bus
// is paused until half of that is left, so that one page of it more waits here at most. Meanwhile
// the peers that have been behind for kGrace are aborted, as they always are after
// RelayOptions::patience. A peer that reads is behind only for moments, and stays.
// Limits: a message has at most kMaxMessage bytes; bytes without boundaries are divided.
// Lifetime: the loop, the relay and the bus outlive it. Thread: the loop's. Errors: std::bad_alloc.
#ifndef SLUICE_PROTOCOLS_BUS_RELAY_BRIDGE_H
#define SLUICE_PROTOCOLS_BUS_RELAY_BRIDGE_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "../../reactor/loop/timer.h"
#include "../relay/relay.h"
#include "../relay/relay_carrier.h"
#include "bus.h"

namespace sluice {

class RelayBridge final : private RelayCarrier, private BusListener {
 public:
  static constexpr std::size_t kMaxMessage = std::size_t{64} * 1024;
  // Each message counts kOverhead bytes more.
  static constexpr std::size_t kOverhead = 64;
  static constexpr std::size_t kMaxHeld = std::size_t{512} * 1024;
  static constexpr std::size_t kMaxPending = std::size_t{16} * 1024 * 1024;
  static constexpr std::chrono::milliseconds kGrace{500};

  RelayBridge(Loop& loop, Relay& relay, Bus& bus);
  ~RelayBridge();

 private:
  // A body is a letter for the form, and the bytes.
  struct Held {  // this process has published it, and it has not come back
    std::uint64_t number;
    std::string body;
    const RelayMember* from;  // null if it has left
  };
  struct Pending {  // the peers of this process have not received it
    std::string body;
    const RelayMember* from;  // null if it has left, or is in another process
  };

  // RelayCarrier
  void carry(const RelayMember& from, RelayForm form, std::span<const std::byte> bytes) override;
  [[nodiscard]] bool is_full() const noexcept override { return held_bytes_ >= kMaxHeld; }
  [[nodiscard]] bool has_pending() const noexcept override { return !pending_.empty(); }
  void drain() noexcept override;
  void caught_up() noexcept override;
  void gone(const RelayMember& peer) noexcept override;
  // BusListener
  void on_message(const BusMessage& message) override;
  void on_gap(std::string_view /*house*/, std::uint64_t /*lost*/) override {}
  void on_reachable(bool reachable) override;
  void on_house_gone(std::string_view /*house*/) override {}

  void publish(const RelayMember& from, std::string body);
  void deliver_all_held() noexcept;
  void deliver_held() noexcept;
  void deliver(const RelayMember* from, std::string_view body) noexcept;
  void make_room() noexcept;

  Relay& relay_;
  Bus& bus_;
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;
  std::deque<Pending> pending_;
  std::size_t pending_bytes_ = 0;
  bool is_paused_ = false;  // the bus
  Timer room_;
};

}  // namespace sluice

#endif
