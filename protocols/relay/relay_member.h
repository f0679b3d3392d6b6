// A member of a relay: what the handlers of its connections have in common. Only for the files of
// this folder.
//
// Lifetime: a part of a handler. The Relay may be destroyed first, and then detaches it.
// Thread: the loop's.
#ifndef SLUICE_PROTOCOLS_RELAY_RELAY_MEMBER_H
#define SLUICE_PROTOCOLS_RELAY_RELAY_MEMBER_H

#include <cstdint>
#include <span>

#include "../../reactor/base/payload.h"
#include "../../reactor/loop/loop.h"

namespace sluice {

class Connection;
class Relay;
class WebSocketBroadcast;
class WebSocketProtocol;

// The data that a peer has sent: bytes without boundaries, or a message of a WebSocket.
enum class RelayForm : std::uint8_t { bytes, text, binary };

class RelayMember {
 public:
  // `socket`: it receives messages; null: bytes.
  explicit RelayMember(Relay& relay, WebSocketProtocol* socket = nullptr) noexcept
      : relay_(&relay), socket_(socket) {}
  RelayMember(const RelayMember&) = delete;
  RelayMember& operator=(const RelayMember&) = delete;
  ~RelayMember() = default;

  // The relay is being destroyed, or was.
  [[nodiscard]] bool is_detached() const noexcept { return relay_ == nullptr; }
  // From now on it receives what the others send. REQUIRES: not detached.
  void join(Connection& connection);
  // Does nothing if it has not joined.
  void leave() noexcept;
  // A peer that would receive its bytes is behind.
  [[nodiscard]] bool must_wait() const noexcept;
  // Pauses its connection until it need not wait any more.
  void wait();
  // REQUIRES: it need not wait.
  void deliver(RelayForm form, std::span<const std::byte> bytes);
  // Its connection drains. From now on what it says is sent at once: at the end of a turn the
  // others may be closing. With a carrier, the connection stays until nothing waits for it.
  void begin_drain() noexcept;
  [[nodiscard]] bool is_draining() const noexcept { return draining_; }
  // Its queue has fallen below the mark.
  void caught_up() noexcept;

 private:
  friend class Relay;

  // Sends the form that it receives. Returns whether it is behind now.
  [[nodiscard]] bool send(const Payload& raw, WebSocketBroadcast& message) noexcept;
  void resume() noexcept;
  void hold() noexcept;
  void unhold() noexcept;
  void abort() noexcept;
  void detach() noexcept;

  Relay* relay_;
  WebSocketProtocol* socket_;
  Connection* connection_ = nullptr;  // from join() to leave()
  TimePoint behind_since_{};
  bool behind_ = false;
  bool draining_ = false;
  bool holds_ = false;  // its connection, in a drain
};

}  // namespace sluice

#endif
