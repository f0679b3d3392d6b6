#include "connection_table.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "hangup_watch.h"

namespace sluice {

namespace {

// Doubles the capacity as push_back() does, so that reserving one more is cheap on average.
template <class Vector>
void make_room(Vector& vector, std::size_t count) {
  if (vector.capacity() < count) vector.reserve(std::max(count, vector.capacity() * 2));
}

}  // namespace

ConnectionTable& ConnectionTable::of(Loop& loop) {
  std::unique_ptr<LoopComponent>& place = LoopInternals::connections(loop);
  if (place == nullptr) place = std::make_unique<ConnectionTable>(loop);
  return static_cast<ConnectionTable&>(*place);  // nothing else is stored there
}

ConnectionTable::ConnectionTable(Loop& loop) : LoopComponent(loop), memory_(*this) {}

ConnectionTable::~ConnectionTable() = default;

HangupWatch& ConnectionTable::hangups() {
  if (hangups_ == nullptr) hangups_ = std::make_unique<HangupWatch>(*this);
  return *hangups_;
}

std::uint32_t ConnectionTable::visit(std::uint32_t first, std::uint32_t count,
                                     const std::function<void(Connection&)>& visit) {
  const std::uint32_t end =
      count < next_slot_ - std::min(first, next_slot_) ? first + count : next_slot_;
  for (std::uint32_t index = first; index < end; ++index) {
    if ((blocks_[index / kBlock]->used >> index % kBlock & 1) == 0) continue;
    Connection& connection = *slot(index).connection();
    if (connection.state() != Connection::State::closed) visit(connection);
  }
  return end < next_slot_ ? end : 0;
}

void ConnectionTable::reserve_retired(std::size_t count) {
  make_room(retired_, retired_.size() + count);
}

void ConnectionTable::retire(ProtocolRef handler) noexcept {
  retired_.push_back(std::move(handler));
  request_end_of_turn();
}

bool ConnectionTable::close_all() noexcept {
  if (open_ == 0 && retired_.empty()) return false;
  closing_ = open_ > 0;
  each([](Connection& connection) { connection.finish(CloseReason::loop_destroyed); });
  while (open_ > 0 || !retired_.empty()) end_of_turn();
  return true;
}

ConnectionGroup& ConnectionTable::make_group(const ConnectionOptions& options) {
  auto& group = *groups_.emplace_back(std::make_unique<ConnectionGroup>(*this, options));
  group.place_ = groups_.size() - 1;
  return group;
}

void ConnectionTable::release_group(ConnectionGroup& group) noexcept {
  group.on_gone = nullptr;
  group.on_moved = nullptr;
  release_when_gone(group);
}

void ConnectionTable::release_when_gone(ConnectionGroup& group) noexcept {
  group.held_ = false;
  free_group_if_unused(group);
}

void ConnectionTable::free_group_if_unused(ConnectionGroup& group) noexcept {
  if (group.held_ || group.open_ > 0) return;
  // The last one moves to its place: adopt() makes a group for each connection, so there may be
  // many.
  if (group.of_ != nullptr) {
    ListenerCounters& all = group.of_->counters;
    detail::count_up(all.bytes_in, group.counters.bytes_in);
    detail::count_up(all.bytes_out, group.counters.bytes_out);
    std::erase(group.of_->variants_, &group);
  }
  const std::size_t place = group.place_;
  groups_.back()->place_ = place;
  std::swap(groups_[place], groups_.back());
  groups_.pop_back();
}

ConnectionTable::Place ConnectionTable::take_place() {
  if (!free_slots_.empty()) {
    const std::uint32_t index = free_slots_.back();
    free_slots_.pop_back();
    return {index, slot(index).kept()};
  }
  if (next_slot_ / kBlock == blocks_.size()) {
    // make_unique() would clear the block, and so use memory for slots that are not used yet.
    blocks_.push_back(std::unique_ptr<Block>(new Block));
  }
  const std::uint32_t index = next_slot_++;
  return {index, first_generation(index)};
}

void ConnectionTable::give_back(Place place) noexcept {
  slot(place.slot).keep(place.generation);
  free_slots_.push_back(place.slot);
}

Connection* ConnectionTable::open(ConnectionGroup& group, Fd& socket, Wire wire,
                                  const Address& peer, ProtocolRef protocol) {
  std::unique_ptr<Transport> transport;
  if (const TransportFactory& factory = group.options().transport) {
    transport = factory(wire, peer);
    if (transport == nullptr) return nullptr;
  }
  // If on_close() could open new connections, the destructor might never end.
  if (closing_) {
    throw std::system_error(ECANCELED, std::generic_category(), "the loop is being destroyed");
  }
  // Everything that may throw comes first, and changes nothing if it does. Also reserve the room
  // for closing the connection, because close() must not fail.
  make_room(dirty_, open_ + 1);
  make_room(this_round_, open_ + 1);
  make_room(free_slots_, std::size_t{next_slot_} + 1);
  const Place place = take_place();
  const std::uint32_t index = place.slot;
  auto* connection = new (slot(index).bytes) Connection(group, index, place.generation);
  try {
    connection->attach(socket.get(), std::move(transport), peer, std::move(protocol));
  } catch (...) {
    connection->~Connection();
    give_back(place);
    throw;
  }
  (void)socket.release();
  Block& block = *blocks_[index / kBlock];
  block.used |= std::uint64_t{1} << index % kBlock;
  block.made[index % kBlock] = seconds_of(loop().now());
  ++open_;
  ++group.open_;
  detail::count_up(LoopInternals::counters(loop()).connections_open);
  connection->begin();
  return connection;
}

Connection* ConnectionTable::find(ConnectionId id) noexcept {
  if (id.slot >= next_slot_) return nullptr;
  if ((blocks_[id.slot / kBlock]->used >> id.slot % kBlock & 1) == 0) return nullptr;
  Connection* connection = slot(id.slot).connection();
  return connection->generation_ == id.generation ? connection : nullptr;
}

void ConnectionTable::mark_dirty(Connection& connection) noexcept {
  dirty_.push_back(&connection);
  request_end_of_turn();
}

void ConnectionTable::postpone(Connection& connection) noexcept {
  if (connection.postponed_) return;
  connection.postponed_ = LoopInternals::contained(loop(), "connection", [this, &connection] {
    postponed_.push_back(connection.id());
    request_next_turn();
  });
  if (!connection.postponed_) connection.mark_dirty();
}

// In the order in which they were cut short, so that each has its share before anyone has two.
void ConnectionTable::next_turn() {
  this_turn_.swap(postponed_);
  for (const ConnectionId id : this_turn_) {
    if (Connection* connection = find(id)) connection->next_turn();
  }
  this_turn_.clear();
  if (drain_step_ == DrainStep::wait) pass_on();
}

void ConnectionTable::end_of_turn() {
  if (drain_step_ != DrainStep::none) drain_step();
  if (memory_.is_due()) memory_.survey();
  // Connections that are marked meanwhile belong to the next round, so two lists alternate.
  this_round_.swap(dirty_);
  // By index: an on_close() that opens connections may reallocate this list too.
  for (std::size_t i = 0; i < this_round_.size(); ++i) {
    Connection& connection = *this_round_[i];
    if (!connection.end_of_turn()) continue;
    connection.notify_closed();
    free(connection);
  }
  this_round_.clear();
  // Moved out first, because a handler's destructor may replace another handler.
  if (!retired_.empty()) std::exchange(retired_, {}).clear();
}

void ConnectionTable::free(Connection& connection) noexcept {
  ConnectionGroup& group = *connection.group_;
  const std::uint32_t index = connection.slot_;
  Counters& counters = LoopInternals::counters(loop());
  detail::count_up(counters.closed[static_cast<std::size_t>(connection.reason_)]);
  detail::count_down(counters.connections_open);
  --open_;
  ConnectionGroup& root = group.root();
  if (connection.reason_ == CloseReason::moved && root.on_moved) {
    root.on_moved(Fd(connection.release_descriptor()), connection, connection.mark_);
  } else if (root.on_gone) {
    root.on_gone(connection);
  }
  // The handler's destructor may search for connections, open one or destroy the listener. It must
  // not find this connection, and the group must still exist.
  blocks_[index / kBlock]->used &= ~(std::uint64_t{1} << index % kBlock);
  const std::uint32_t next = next_generation(index, connection.generation_);
  connection.~Connection();
  if (next != 0) give_back({index, next});
  if (&root != &group) leave(group);
  if (root.on_freed) {
    std::exchange(retired_, {}).clear();
    root.on_freed();
  }
  leave(root);
  if (open_ == 0) closing_ = false;
}

void ConnectionTable::leave(ConnectionGroup& group) noexcept {
  --group.open_;
  free_group_if_unused(group);
}

ConnectionGroup& ConnectionTable::group_for(ConnectionGroup& group,
                                            const ConnectionOptions& options) {
  // A program that gives every connection other options must not search through all of them.
  constexpr std::size_t kMaxSearched = 8;
  ConnectionGroup& root = group.root();
  const ConnectionOptions wanted = in_range(options);
  if (same_limits(root.options_, wanted)) return root;
  const std::size_t count = root.variants_.size();
  for (std::size_t i = 0; i < std::min(count, kMaxSearched); ++i) {
    ConnectionGroup& variant = *root.variants_[count - 1 - i];
    if (same_limits(variant.options_, wanted)) return variant;
  }
  make_room(root.variants_, count + 1);
  auto& made = *groups_.emplace_back(std::make_unique<ConnectionGroup>(*this, wanted, &root));
  made.place_ = groups_.size() - 1;
  made.held_ = false;
  root.variants_.push_back(&made);
  return made;
}

void ConnectionTable::move(Connection& connection, ConnectionGroup& next) noexcept {
  ConnectionGroup& last = *connection.group_;
  if (&next != &next.root()) ++next.open_;
  connection.group_ = &next;
  if (&last != &last.root()) leave(last);
}

}  // namespace sluice
