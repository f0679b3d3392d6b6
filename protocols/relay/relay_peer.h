// A connection of a relay. Only for relay.cc.
//
// Lifetime: its connection owns it. Its Relay may be destroyed first, and then detaches it.
// Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_RELAY_RELAY_PEER_H
#define SLUICE_PROTOCOLS_RELAY_RELAY_PEER_H

#include <cstddef>
#include <span>
#include <system_error>

#include "../../reactor/base/payload.h"
#include "../../reactor/stream/connection.h"
#include "../../reactor/stream/protocol.h"

namespace sluice {

class Relay;

class RelayPeer final : public Protocol {
 public:
  explicit RelayPeer(Relay& relay) noexcept : relay_(&relay) {}

  void on_open(Connection& connection) override;
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override;
  void on_writable(Connection& connection) override;
  void on_close(Connection& connection, std::error_code reason) override;

  // Returns whether the peer is behind now.
  [[nodiscard]] bool send(const Payload& payload) noexcept;
  [[nodiscard]] bool is_behind() const noexcept { return behind_; }
  void set_behind(bool behind) noexcept { behind_ = behind; }
  void resume() noexcept { connection_->resume(); }
  void abort() noexcept { connection_->abort(); }
  void detach() noexcept;  // the relay is being destroyed

 private:
  Relay* relay_;
  Connection* connection_ = nullptr;  // from on_open() to on_close()
  bool behind_ = false;
};

}  // namespace sluice

#endif
