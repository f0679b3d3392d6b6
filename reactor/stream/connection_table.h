// Every connection of a loop, in slots. For the reactor alone; not installed.
//
// What it is: where connections live. Slots are in blocks that never move; a freed slot is used
// again under a new generation, so that an old ConnectionId finds nothing.
// Lifetime: owned by its loop, made when it is first asked for. Thread: the loop's.
#ifndef SLUICE_REACTOR_STREAM_CONNECTION_TABLE_H
#define SLUICE_REACTOR_STREAM_CONNECTION_TABLE_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "../loop/loop_component.h"
#include "connection.h"
#include "connection_group.h"
#include "output_queue.h"
#include "write_buffer.h"

namespace sluice {

class ConnectionTable final : public LoopComponent {
 public:
  static ConnectionTable& of(Loop& loop);
  explicit ConnectionTable(Loop& loop);
  ~ConnectionTable() override;  // closes what is left: CloseReason::loop_destroyed

  ConnectionGroup& make_group(const ConnectionOptions& options);
  // Its maker is done with it. The group goes with its last connection; on_gone is told no more,
  // or, with release_when_gone(), still is.
  void release_group(ConnectionGroup& group) noexcept;
  void release_when_gone(ConnectionGroup& group) noexcept;

  // A new connection of `group` on a non-blocking socket, or on an in-memory `wire` and no socket.
  // Without a transport, on_open() has run when it returns. Null when the group's TransportFactory
  // returns null. Throws std::bad_alloc, ECANCELED and what that factory throws. Only when it
  // returns a connection has it taken the socket.
  Connection* open(ConnectionGroup& group, Fd& socket, Wire wire, const Address& peer,
                   ProtocolRef protocol);
  [[nodiscard]] Connection* find(ConnectionId id) noexcept;
  [[nodiscard]] OutputPool& output_pool() noexcept { return output_pool_; }
  [[nodiscard]] WriteBuffer& write_buffer() noexcept { return write_buffer_; }
  void mark_dirty(Connection& connection) noexcept;  // its room was made when it was opened

  void end_of_turn() override;
  void begin_drain() override;
  [[nodiscard]] bool drained() const override {
    return open_ == 0 && drain_step_ == DrainStep::none;
  }
  void end_drain() override;
  // The same for the connections of one group. REQUIRES: it is not given any more of them.
  void begin_drain(ConnectionGroup& group) noexcept;
  [[nodiscard]] static bool drained(const ConnectionGroup& group) noexcept {
    return group.open_ == 0 && group.drain_ == ConnectionGroup::Drain::none;
  }
  void end_drain(ConnectionGroup& group) noexcept;

 private:
  static constexpr std::size_t kBlock = 64;
  struct Slot {
    alignas(Connection) std::byte bytes[sizeof(Connection)];
    Connection* connection() noexcept { return reinterpret_cast<Connection*>(bytes); }
  };
  struct Block {
    Slot slots[kBlock];
    std::uint64_t used = 0;  // a bit a slot
  };
  Slot& slot(std::uint32_t index) noexcept {
    return blocks_[index / kBlock]->slots[index % kBlock];
  }
  std::uint32_t take_slot();
  void free(Connection& connection) noexcept;
  void free_group_if_unused(ConnectionGroup& group) noexcept;
  template <class Visit>
  void each(Visit&& visit);

  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<std::uint32_t> free_slots_;
  std::uint32_t next_slot_ = 0;
  std::uint32_t generation_ = 0;
  std::size_t open_ = 0;
  // A pass over the connections that are drained: those of all groups, or of some. What each peer
  // had sent is read; deferred tasks and others that take part in a turn (a chat) make of it what
  // goes to the rest; then they are closed. A drain that begins meanwhile waits for the next pass.
  enum class DrainStep : std::uint8_t { none, read, defer, pass_on, close };
  void begin_pass() noexcept;
  void drain_step();
  template <class Visit>
  void each_in_pass(Visit&& visit);
  DrainStep drain_step_ = DrainStep::none;
  bool all_wait_ = false;  // for the next pass
  bool all_in_pass_ = false;
  bool closing_ = false;  // all are let go of: nothing new until they are gone
  std::vector<Connection*> dirty_;
  std::vector<Connection*> this_round_;
  std::vector<std::unique_ptr<ConnectionGroup>> groups_;
  OutputPool output_pool_;
  WriteBuffer write_buffer_;
};

}  // namespace sluice

#endif
