// An in-memory peer: passes bytes to a Protocol and reads what it sends, without sockets.
//
// What it is: for the tests of embedders. It makes a loop on virtual time and one connection whose
// other end is this object. The Connection, its states, limits and timeouts are the real ones.
//
//   sluice::MemoryPeer peer(std::make_unique<Greeter>());
//   peer.send("hello\n");
//   assert(peer.received() == "HELLO\n");
//   peer.advance(std::chrono::minutes(5));
//   assert(peer.close_reason() == sluice::CloseReason::idle_timeout);
//
// With ConnectionOptions::transport, this peer is at the other end of the transport's wire: it
// sends and receives the bytes of the wire. Without it, the connection has a transport that changes
// nothing.
//
// Lifetime: owns its loop, and the loop owns the connection. Thread: one.
// Errors: an exception of a handler closes its connection as usual, and is kept in reports().
#ifndef SLUICE_REACTOR_STREAM_MEMORY_PEER_H
#define SLUICE_REACTOR_STREAM_MEMORY_PEER_H

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../base/close_reason.h"
#include "../base/export.h"
#include "../base/report.h"
#include "../loop/loop.h"
#include "connection.h"
#include "connection_options.h"
#include "protocol.h"

namespace sluice {

class SLUICE_EXPORT MemoryPeer {
 public:
  static constexpr std::size_t kUnlimited = static_cast<std::size_t>(-1);

  // A connection with `protocol`, on its own loop; on_open() has run. A handler that sends without
  // end needs a `window` (set_window()), or it would never settle.
  explicit MemoryPeer(ProtocolRef protocol, const ConnectionOptions& options = {},
                      const Address& from = Address::loopback(AF_INET, 49152),
                      std::size_t window = kUnlimited);
  // The same on a loop that several peers share. REQUIRES: the loop is on virtual time, and
  // outlives the peer.
  MemoryPeer(Loop& loop, ProtocolRef protocol, const ConnectionOptions& options = {},
             const Address& from = Address::loopback(AF_INET, 49152),
             std::size_t window = kUnlimited);
  MemoryPeer(const MemoryPeer&) = delete;
  MemoryPeer& operator=(const MemoryPeer&) = delete;
  ~MemoryPeer();

  // Each of these runs turns until nothing more happens. ---------------------------------------
  // The peer sends, in pieces of at most `piece` bytes, each of which is a separate read.
  void send(std::string_view bytes, std::size_t piece = kUnlimited);
  void end();                                  // the peer sends no more
  void reset(int error = ECONNRESET);          // reading and writing fail with `error`
  void advance(std::chrono::milliseconds by);  // virtual time passes
  void settle();                               // only runs turns

  // The peer's window: how many more bytes it accepts before a write fails with EAGAIN.
  void set_window(std::size_t bytes);
  // What the handler has sent and the peer has accepted since the last call.
  [[nodiscard]] std::string received();
  [[nodiscard]] bool saw_end() const noexcept;    // the handler's side half-closed or closed
  [[nodiscard]] bool saw_reset() const noexcept;  // it was aborted
  // Bytes that were sent and that the connection has not read, because it is paused.
  [[nodiscard]] std::size_t unread() const noexcept;

  [[nodiscard]] bool closed() const noexcept;  // on_close() has run
  [[nodiscard]] CloseReason close_reason() const noexcept;
  // REQUIRES: not closed().
  [[nodiscard]] Connection& connection() noexcept;
  [[nodiscard]] Loop& loop() noexcept;
  // Only with its own loop.
  [[nodiscard]] const std::vector<Report>& reports() const noexcept;

 private:
  class SLUICE_LOCAL Line;
  SLUICE_LOCAL void open(ProtocolRef protocol, const ConnectionOptions& options,
                         const Address& from);
  [[nodiscard]] SLUICE_LOCAL std::uint64_t activity() const noexcept;

  std::vector<Report> reports_;  // before the loop, whose destructor may still make reports
  std::unique_ptr<Loop> own_loop_;
  Loop& loop_;
  std::unique_ptr<Line> line_;
};

}  // namespace sluice

#endif
