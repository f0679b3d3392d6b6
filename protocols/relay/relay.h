// A relay: what one peer sends, all others receive, byte for byte.
//
//   sluice::Relay relay(loop, {});
//   const sluice::Listener listener(loop, endpoint, relay.factory(), {});
//
// What it is: the connections of a broker that looks at no byte, as `ncat --broker` is one. A read
// of a peer becomes one shared payload for all others. All peers receive the same bytes in the same
// order, but for their own.
// Its peers may also be WebSockets, whose messages it does not change: they receive a message as it
// came, as text or as binary, and a read of bytes as a binary message; those that receive bytes get
// the payloads of messages, without boundaries. Short messages of one peer in one turn are sent
// together at its end.
// Slow peers: a peer is behind while more than ConnectionOptions::high_water is queued for it. Then
// nobody is read whose bytes it would receive, so peers that read lose nothing, and its own
// connection does not read it either. A peer that is behind for longer than RelayOptions::patience
// is aborted, and the others go on.
// Other processes: with a RelayCarrier, the peers of several relays receive the same bytes in the
// same order. A peer that is behind delays only the peers of its own relay. In a drain the peers
// receive what was said here at once, and connections without messages wait for those behind.
// Limits: RelayOptions::max_peers. REQUIRES of the connections that high_water, kMaxGathered and
// the longest of max_read and the messages are together below queue_limit, and that input_limit >=
// max_read.
// Lifetime: must be destroyed before its loop, and no handshake of a WebSocketServer that it has
// made handlers for is in progress then. The destructor closes the remaining connections.
// Thread: the loop's. Errors: std::bad_alloc. A peer whose queue gets no memory is aborted.
#ifndef SLUICE_PROTOCOLS_RELAY_RELAY_H
#define SLUICE_PROTOCOLS_RELAY_RELAY_H

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "../../reactor/loop/end_of_turn.h"
#include "../../reactor/loop/loop.h"
#include "../../reactor/loop/patience_list.h"
#include "../../reactor/stream/protocol.h"
#include "../websocket/websocket.h"
#include "relay_member.h"

namespace sluice {

class RelayCarrier;

struct RelayOptions {
  std::size_t max_peers = 1024;              // a newcomer above it is refused
  std::chrono::milliseconds patience{5000};  // 0: a peer that is behind is aborted at once
};

class Relay {
 public:
  static constexpr std::size_t kMaxGathered = std::size_t{16} * 1024;  // bytes of short messages

  explicit Relay(Loop& loop, const RelayOptions& options = {});
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay();

  // For any number of listeners: makes their handlers. REQUIRES: neither the listeners nor the
  // function are used after this object is destroyed.
  [[nodiscard]] ProtocolFactory factory();
  // The same for peers that are WebSockets. REQUIRES: `server` outlives the function.
  [[nodiscard]] ProtocolFactory factory(WebSocketServer& server);
  // Nobody leaves because of a smaller limit.
  void set_options(const RelayOptions& options) noexcept { options_ = options; }
  [[nodiscard]] std::size_t peers() const noexcept { return peers_.size(); }
  [[nodiscard]] bool is_full() const noexcept { return peers_.size() >= options_.max_peers; }

  // From now on it carries what the peers say. Null: there are no other relays.
  void set_carrier(RelayCarrier* carrier) noexcept { carrier_ = carrier; }
  // For the carrier. Sends to all but `from`, which is null for the peer of another relay. A peer
  // that does not get it, for want of memory, is aborted. REQUIRES: may_receive().
  void receive(const RelayMember* from, RelayForm form, std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] bool may_receive() const noexcept { return behind_.size() == 0; }
  // All peers drain: they receive nothing more of other relays.
  [[nodiscard]] bool is_draining() const noexcept;
  // It is not full any more.
  void resume() noexcept { schedule_resume(); }
  // It can wait no longer for the peers that have been behind for `least` or longer.
  void abort_behind(std::chrono::milliseconds least) noexcept;
  // It has no memory for what `from` has said: the others would miss bytes, and not know.
  void abort_others(const RelayMember* from) noexcept;

 private:
  friend class RelayMember;

  void add(RelayMember& peer);
  void remove(RelayMember& peer) noexcept;
  // Sends to all but `from`, or lets the carrier do it. REQUIRES: nobody that would receive it is
  // behind.
  void deliver(const RelayMember& from, RelayForm form, std::span<const std::byte> bytes);
  void spread(const RelayMember* from, RelayForm form, std::span<const std::byte> bytes);
  // What was gathered of `from_`. A peer that does not get it, for want of memory, is aborted.
  void send_gathered() noexcept;
  // `raw` or `messages`, by what the peer receives.
  void send(RelayMember& peer, const Payload& raw, WebSocketBroadcast& messages);
  [[nodiscard]] bool must_wait(const RelayMember& peer) const noexcept;
  // `peer` has paused its connection. Resumes it when it need not wait any more.
  void wait(RelayMember& peer) { waiting_.push_back(&peer); }
  void mark_behind(RelayMember& peer);
  void mark_caught_up(RelayMember& peer) noexcept;
  void schedule_resume() noexcept;
  void drain(RelayMember& peer) noexcept;
  void end_turn();
  // Returns whether it has resumed a peer.
  bool resume_waiting();

  Loop& loop_;
  RelayOptions options_;
  EndOfTurn end_of_turn_;
  PatienceList<RelayMember> behind_;
  std::vector<RelayMember*> peers_;
  std::vector<RelayMember*> waiting_;
  RelayCarrier* carrier_ = nullptr;
  const RelayMember* from_ = nullptr;  // whose messages these are; null: of another relay's peer
  WebSocketBroadcast gathered_;
  bool has_drained_ = false;
};

}  // namespace sluice

#endif
