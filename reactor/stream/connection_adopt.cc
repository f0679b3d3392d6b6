// Making a connection from a socket of the program, finding it again, and moving it.
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "../base/fd.h"
#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "connection.h"
#include "connection_group.h"
#include "connection_table.h"

namespace sluice {

namespace {

// Other sockets have messages: an empty datagram would look like the end of a stream.
void require_stream(int socket) {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "getsockopt(SO_TYPE)");
  }
  if (type == SOCK_STREAM) return;
  throw std::system_error(EPROTOTYPE, std::generic_category(),
                          "descriptor " + std::to_string(socket) + " is not a stream socket");
}

}  // namespace

Connection& Connection::adopt(Loop& loop, Fd socket, ProtocolRef protocol,
                              const ConnectionOptions& options) {
  LoopInternals::assert_thread(loop);
  assert(protocol);
  require_stream(socket.get());
  set_nonblocking_cloexec(socket.get());
  Address peer;
  socklen_t size = Address::capacity();
  if (::getpeername(socket.get(), peer.data(), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "getpeername");
  }
  peer.set_size(size);
  peer = peer.unmapped();
  ConnectionTable& table = ConnectionTable::of(loop);
  ConnectionGroup& group = table.make_group(options);
  try {
    Connection* connection =
        table.open(group, socket, Wire(socket.get()), peer, std::move(protocol));
    if (connection == nullptr) {
      throw std::system_error(ECANCELED, std::generic_category(),
                              "the transport factory returned null");
    }
    table.release_group(group);
    return *connection;
  } catch (...) {
    table.release_group(group);
    throw;
  }
}

void Connection::set_protocol(ProtocolRef protocol) {
  LoopInternals::assert_thread(group_->loop());
  assert(protocol);
  ConnectionTable& table = group_->table();
  table.reserve_retired(1);
  table.retire(std::exchange(protocol_, std::move(protocol)));
  // In on_data() the rest is not in the buffer yet.
  redeliver_ = true;
  if (state_ != State::closed) mark_dirty();
}

void Connection::move_to(std::size_t loop) noexcept {
  LoopInternals::assert_thread(group_->loop());
  if (state_ != State::open) return;
  assert(group_->on_moved && "its listener has no pool, or has been destroyed");
  assert(transport_ == nullptr && bytes_in_ == 0 && bytes_out_ == 0 && queued() == 0);
  finish(CloseReason::moved);
  mark_ = static_cast<std::uint32_t>(loop);
}

int Connection::release_descriptor() noexcept {
  const int fd = watcher_.fd();
  watcher_.bind<&Connection::on_ready>(this, -1);
  return fd;
}

Connection* Connection::find(Loop& loop, ConnectionId id) noexcept {
  LoopInternals::assert_thread(loop);
  if (LoopInternals::connections(loop) == nullptr) return nullptr;
  return ConnectionTable::of(loop).find(id);
}

std::chrono::seconds Connection::age() const noexcept {
  return ConnectionTable::of(loop()).age_of(slot_);
}

std::optional<std::chrono::milliseconds> Connection::idle() const noexcept {
  const bool is_watched = group_->idle_.timeout().count() > 0 && (!timed_ || by_traffic_);
  if (!is_watched || !IdleList::Node::linked()) return {};
  return std::max(group_->idle_.since_touch(*this), std::chrono::milliseconds(0));
}

std::uint32_t Connection::visit(Loop& loop, std::uint32_t first, std::uint32_t count,
                                const std::function<void(Connection&)>& visit) {
  LoopInternals::assert_thread(loop);
  if (LoopInternals::connections(loop) == nullptr) return 0;
  return ConnectionTable::of(loop).visit(first, count, visit);
}

const Listener* Connection::listener() const noexcept { return group_->listener; }

}  // namespace sluice
