// All connections of a loop, in slots. Only for the reactor; not installed.
//
// What it is: the storage of connections. Slots are in blocks that never move. A freed slot is
// reused with a new generation, so that an old ConnectionId finds nothing.
// Lifetime: the loop owns it, and makes it when it is first needed. Thread: the loop's.
#ifndef SLUICE_REACTOR_STREAM_CONNECTION_TABLE_H
#define SLUICE_REACTOR_STREAM_CONNECTION_TABLE_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "../base/pipe.h"
#include "../loop/loop_component.h"
#include "connection.h"
#include "connection_group.h"
#include "fair_shares.h"
#include "memory_budget.h"
#include "output_queue.h"
#include "write_buffer.h"

namespace sluice {

class HangupWatch;

class ConnectionTable final : public LoopComponent {
 public:
  static ConnectionTable& of(Loop& loop);
  explicit ConnectionTable(Loop& loop);
  ~ConnectionTable() override;
  bool close_all() noexcept override;  // CloseReason::loop_destroyed

  ConnectionGroup& make_group(const ConnectionOptions& options);
  // The owner no longer needs the group, which is freed with its last connection. After
  // release_group() on_gone is not called any more; after release_when_gone() it still is.
  void release_group(ConnectionGroup& group) noexcept;
  // The group with these options that has the same root as `group`, made if there is none. It stays
  // if a connection moves to it at once. Throws std::bad_alloc, and then changes nothing.
  ConnectionGroup& group_for(ConnectionGroup& group, const ConnectionOptions& options);
  // REQUIRES: the connection is in no list of its group.
  void move(Connection& connection, ConnectionGroup& next) noexcept;
  void release_when_gone(ConnectionGroup& group) noexcept;

  // Makes a connection of `group` on a non-blocking socket, or on an in-memory `wire` without a
  // socket. Without a transport, on_open() has run when it returns. Returns null if the group's
  // TransportFactory returns null. Throws std::bad_alloc, ECANCELED and the exceptions of that
  // factory. It owns the socket only if it returns a connection.
  Connection* open(ConnectionGroup& group, Fd& socket, Wire wire, const Address& peer,
                   ProtocolRef protocol);
  [[nodiscard]] Connection* find(ConnectionId id) noexcept;
  // REQUIRES: a connection is in the slot.
  [[nodiscard]] std::chrono::seconds age_of(std::uint32_t slot) const noexcept {
    const std::uint32_t made = blocks_[slot / kBlock]->made[slot % kBlock];
    return std::chrono::seconds(seconds_of(loop().now()) - made);
  }
  // See Connection::visit().
  std::uint32_t visit(std::uint32_t first, std::uint32_t count,
                      const std::function<void(Connection&)>& visit);
  // The open connections, and one of them by its place.
  template <class Visit>
  void each(Visit&& visit);
  [[nodiscard]] Connection& at(std::uint32_t place) noexcept { return *slot(place).connection(); }
  [[nodiscard]] std::size_t size() const noexcept { return open_; }
  [[nodiscard]] OutputPool& output_pool() noexcept { return output_pool_; }
  [[nodiscard]] WriteBuffer& write_buffer() noexcept { return write_buffer_; }
  // Calls its next_turn() in the next turn, or at the end of this one if there is no memory.
  void postpone(Connection& connection) noexcept;
  // So many bytes were put into the buffers of connections.
  void grew(std::size_t bytes) noexcept {
    if (memory_.grew(bytes)) request_end_of_turn();
  }
  [[nodiscard]] const MemoryBudget& memory() const noexcept { return memory_; }
  [[nodiscard]] FairShares& shares() noexcept { return shares_; }
  [[nodiscard]] const FairShares& shares() const noexcept { return shares_; }
  // The handlers that set_protocol() has replaced are destroyed at the end of the turn, because
  // one may be running. reserve_retired() throws std::bad_alloc, and then so many calls of retire()
  // cannot fail.
  void reserve_retired(std::size_t count);
  void retire(ProtocolRef handler) noexcept;
  HangupWatch& hangups();  // may throw the first time
  [[nodiscard]] PipePool& pipes() noexcept { return pipes_; }
  void mark_dirty(Connection& connection) noexcept;  // cannot fail: open() has reserved the room

  void end_of_turn() override;
  void next_turn() override;
  void begin_drain() override;
  [[nodiscard]] bool drained() const override {
    return open_ == 0 && drain_step_ == DrainStep::none;
  }
  void end_drain() override;
  // The generation of the connection after `generation` in a slot; 0 when all are used.
  [[nodiscard]] static constexpr std::uint32_t next_generation(std::uint32_t slot,
                                                               std::uint32_t generation) noexcept {
    const std::uint32_t next = generation + 1 == 0 ? 1 : generation + 1;
    return next == first_generation(slot) ? 0 : next;
  }
  // Different for each slot, so that an id with a wrong slot is detected.
  [[nodiscard]] static constexpr std::uint32_t first_generation(std::uint32_t slot) noexcept {
    return slot + 1 == 0 ? 1 : slot + 1;
  }

  // The same for the connections of one group. REQUIRES: the group gets no new connections.
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
    // While the slot is free, it holds the generation of its next connection.
    void keep(std::uint32_t generation) noexcept {
      std::memcpy(bytes, &generation, sizeof generation);
    }
    [[nodiscard]] std::uint32_t kept() const noexcept {
      std::uint32_t generation = 0;
      std::memcpy(&generation, bytes, sizeof generation);
      return generation;
    }
  };
  struct Block {
    Slot slots[kBlock];
    std::uint64_t used = 0;  // one bit for each slot
    // When the connection of each slot was made, in seconds of the loop's clock. Few look at it, so
    // it is not in the connection.
    std::uint32_t made[kBlock];
  };
  // Wraps after 136 years.
  [[nodiscard]] static std::uint32_t seconds_of(TimePoint time) noexcept {
    const auto since = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
    return static_cast<std::uint32_t>(since.count());
  }
  Slot& slot(std::uint32_t index) noexcept {
    return blocks_[index / kBlock]->slots[index % kBlock];
  }
  struct Place {
    std::uint32_t slot;
    std::uint32_t generation;
  };
  Place take_place();
  void give_back(Place place) noexcept;  // unused: its generation is used next
  void free(Connection& connection) noexcept;
  void leave(ConnectionGroup& group) noexcept;
  void free_group_if_unused(ConnectionGroup& group) noexcept;

  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<std::uint32_t> free_slots_;
  std::uint32_t next_slot_ = 0;
  std::size_t open_ = 0;
  // A pass over the connections that are drained: those of all groups, or of some. It reads the
  // pending input of each peer; then deferred tasks and end-of-turn functions (such as a chat's)
  // pass it on to other connections. While the budget of a turn still keeps some input from its
  // handler, it waits a turn and passes on again. Then it closes the connections, except those
  // whose handlers do not take everything yet. Another pass closes these later. A drain that begins
  // meanwhile waits for the next pass.
  enum class DrainStep : std::uint8_t { none, read, defer, pass_on, close, wait };
  friend class Connection;
  void begin_pass() noexcept;
  void drain_step();
  void read_in_pass() noexcept;
  void pass_on();
  [[nodiscard]] bool note_owing() noexcept;
  void close_in_pass() noexcept;
  DrainStep drain_step_ = DrainStep::none;
  bool all_wait_ = false;  // for the next pass
  bool closing_ = false;   // all connections are being destroyed: no new ones until that is done
  std::vector<Connection*> dirty_;
  std::vector<Connection*> this_round_;
  // By id, because they may be gone by then.
  std::vector<ConnectionId> postponed_;
  std::vector<ConnectionId> this_turn_;
  std::vector<std::unique_ptr<ConnectionGroup>> groups_;
  MemoryBudget memory_;
  FairShares shares_;
  OutputPool output_pool_;
  PipePool pipes_;
  std::unique_ptr<HangupWatch> hangups_;
  std::vector<ProtocolRef> retired_;
  WriteBuffer write_buffer_;
};

// A group, and its owner's destructor that releases it.
class HeldGroup {
 public:
  explicit HeldGroup(ConnectionGroup& made) noexcept : group(made) {}
  HeldGroup(const HeldGroup&) = delete;
  HeldGroup& operator=(const HeldGroup&) = delete;
  ~HeldGroup() { group.table().release_group(group); }

  ConnectionGroup& group;
};

template <class Visit>
void ConnectionTable::each(Visit&& visit) {
  for (std::uint32_t index = 0; index < next_slot_; ++index) {
    if ((blocks_[index / kBlock]->used >> index % kBlock & 1) == 0) continue;
    visit(*slot(index).connection());
  }
}

}  // namespace sluice

#endif
