// A connection of a relay that carries bytes. Only for relay.cc.
//
// Lifetime: its connection owns it. Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_RELAY_RELAY_PEER_H
#define SLUICE_PROTOCOLS_RELAY_RELAY_PEER_H

#include <cstddef>
#include <span>
#include <system_error>

#include "../../reactor/stream/protocol.h"
#include "relay_member.h"

namespace sluice {

class RelayPeer final : public Protocol {
 public:
  explicit RelayPeer(Relay& relay) noexcept : member_(relay) {}

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_drain(Connection& /*connection*/) override { member_.begin_drain(); }
  void on_writable(Connection& /*connection*/) override { member_.caught_up(); }
  void on_close(Connection& /*connection*/, std::error_code /*reason*/) override {
    member_.leave();
  }

 private:
  RelayMember member_;
};

}  // namespace sluice

#endif
