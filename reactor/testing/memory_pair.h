// Two handlers that talk to each other in memory, on virtual time, without sockets: a client and a
// server in one test.
//
// What it is: two MemoryPeers on one loop, of which each receives what the other's connection
// sends. The Connections, their states, limits, transports and timeouts are the real ones. With
// transports, such as TLS on both sides, the bytes between them are those of the wire.
//
//   sluice::MemoryPair pair(client, std::make_unique<Server>());
//   pair.advance(std::chrono::seconds(30));
//   assert(pair.first().close_reason() == sluice::CloseReason::idle_timeout);
//
// Lifetime: owns its loop, and the loop owns the connections. Thread: one.
// Errors: an exception of a handler closes its connection as usual, and is kept in reports().
#ifndef SLUICE_REACTOR_TESTING_MEMORY_PAIR_H
#define SLUICE_REACTOR_TESTING_MEMORY_PAIR_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../base/export.h"
#include "../base/report.h"
#include "../loop/loop.h"
#include "../stream/memory_peer.h"

namespace sluice {

// The settings of the way between the two.
struct MemoryPairOptions {
  ConnectionOptions first{};
  ConnectionOptions second{};
  // How many bytes are under way in one direction at most: sent, and not read by the other. A
  // handler that reads slowly holds up the other one. At least 1.
  std::size_t window = 256 * 1024;
  // What one read returns at most: 1 finds a handler that needs a message in one piece.
  std::size_t piece = MemoryPeer::kUnlimited;
};

class SLUICE_EXPORT MemoryPair {
 public:
  // on_open() of both has run, of the first one first, and all that follows at once.
  MemoryPair(ProtocolRef first, ProtocolRef second, const MemoryPairOptions& options = {});
  MemoryPair(const MemoryPair&) = delete;
  MemoryPair& operator=(const MemoryPair&) = delete;

  // Runs turns and passes bytes on until nothing more happens. REQUIRES: that ends; two handlers
  // that answer each answer never settle.
  void settle();
  // Virtual time passes. What a timer causes is passed on before the next timer runs.
  void advance(std::chrono::milliseconds by);

  // The connection of each handler, its state and how it closed. REQUIRES, for connection(): it is
  // not closed().
  [[nodiscard]] Connection& first_connection() noexcept { return first_.peer.connection(); }
  [[nodiscard]] Connection& second_connection() noexcept { return second_.peer.connection(); }
  [[nodiscard]] const MemoryPeer& first() const noexcept { return first_.peer; }
  [[nodiscard]] const MemoryPeer& second() const noexcept { return second_.peer; }
  [[nodiscard]] bool closed() const noexcept {
    return first_.peer.closed() && second_.peer.closed();
  }
  [[nodiscard]] Loop& loop() noexcept { return loop_; }
  // The exceptions of handlers, and other reports of the loop.
  [[nodiscard]] const std::vector<Report>& reports() const noexcept { return reports_; }
  // The bytes that have been passed on from each to the other.
  [[nodiscard]] std::uint64_t first_sent() const noexcept { return first_.sent; }
  [[nodiscard]] std::uint64_t second_sent() const noexcept { return second_.sent; }

 private:
  struct Side {
    MemoryPeer peer;
    std::uint64_t sent = 0;
    bool over = false;  // its end, or its reset, has been passed on
  };
  SLUICE_LOCAL bool pass_on(Side& from, Side& to);

  const std::size_t window_;
  const std::size_t piece_;
  std::vector<Report> reports_;  // before the loop, whose destructor may still make reports
  Loop loop_;
  Side first_;
  Side second_;
};

}  // namespace sluice

#endif
