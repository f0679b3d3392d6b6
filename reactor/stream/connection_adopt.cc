// What a program does with a connection beside reading and writing: making it from a socket of its
// own, finding it again, changing its handler and options, watching its peer, moving it, and giving
// it away.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "../base/fd.h"
#include "../loop/libev_loop.h"
#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "connection_call.h"
#include "connection_group.h"
#include "connection_table.h"
#include "hangup_watch.h"

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
  assert(group_->root().on_moved && "its listener has no pool, or has been destroyed");
  assert(transport_ == nullptr && bytes_in_ == 0 && bytes_out_ == 0 && queued() == 0);
  finish(CloseReason::moved);
  mark_ = static_cast<std::uint32_t>(loop);
}

// It stays open. REQUIRES: the watcher was stopped.
int Connection::release_descriptor() noexcept {
  const int fd = watcher_.fd();
  detail::loop_forget(group_->loop().native(), fd);
  watcher_.bind<&Connection::on_ready>(this, -1);
  return fd;
}

void Connection::set_options(const ConnectionOptions& options) {
  LoopInternals::assert_thread(group_->loop());
  if (state_ > State::open) return;
  const bool in_message = timed_;
  const bool stalled = output_ != nullptr && output_->stall.linked();
  const bool is_own_choice = keep_reading_ != group_->options().keep_reading;  // a relay's
  // The lists of the last group may be gone with it: leave them first, but only if nothing throws.
  ConnectionGroup& next = group_->table().group_for(*group_, options);
  end_message();
  IdleList::Node::unlink();
  if (stalled) output_->stall.unlink();
  group_->table().move(*this, next);
  if (!is_own_choice) keep_reading_ = next.options().keep_reading;
  contain([&] {
    (state_ == State::opening ? next.opening_ : next.idle_).touch(*this);
    if (stalled) next.stalled_.touch(output_->stall);
    begin_message_anew(in_message);
  });
  if (waiting() > next.options().high_water) backpressure_ = true;
  if (backpressure_ && !in_callback_) mark_dirty();
  update_interest();
}

Connection::Released Connection::release() {
  LoopInternals::assert_thread(group_->loop());
  const int fd = watcher_.fd();
  if (state_ != State::open || shutdown_wanted_ || transport_ != nullptr || fd < 0) {
    throw std::system_error(EINVAL, std::generic_category(),
                            "only an open connection on a plain socket can be released");
  }
  Released released;
  try {
    queue_collected();
  } catch (const std::bad_alloc&) {
    finish(CloseReason::system_error, ENOMEM);  // what was collected is lost
    throw;
  }
  if (!blocked_ && waiting() > 0) write_queue();
  if (state_ == State::closed) {
    throw std::system_error(holds_or_error_, std::generic_category(), "release a connection");
  }
  if (output_ != nullptr && output_->has_file()) {
    throw std::system_error(EBUSY, std::generic_category(),
                            "a connection with a file in its queue cannot be released");
  }
  released.unsent = output_ == nullptr ? std::vector<std::byte>() : output_->copy();
  if (watches_hangup_) end_hangup_watch();
  watcher_.stop(group_->loop().native());
  released.socket = Fd(release_descriptor());
  release_output();
  finish(CloseReason::closed);
  return released;
}

Connection* Connection::find(Loop& loop, ConnectionId id) noexcept {
  LoopInternals::assert_thread(loop);
  if (LoopInternals::connections(loop) == nullptr) return nullptr;
  return ConnectionTable::of(loop).find(id);
}

std::optional<PeerCredentials> Connection::peer_credentials() const noexcept {
  return peer_credentials_of(watcher_.fd());
}

std::optional<PeerCredentials> peer_credentials_of(int socket) noexcept {
#if defined(SO_PEERCRED) && defined(__linux__)
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  // A socket of another family, or one whose peer is not known, has these.
  if (peer.uid == static_cast<uid_t>(-1) || peer.pid == 0) return std::nullopt;
  return PeerCredentials{peer.uid, peer.gid, peer.pid};
#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__) || defined(__APPLE__)
  PeerCredentials peer;
  if (::getpeereid(socket, &peer.user, &peer.group) != 0) return std::nullopt;
  return peer;
#else
  (void)socket;
  return std::nullopt;
#endif
}

void Connection::watch_hangup() {
  LoopInternals::assert_thread(group_->loop());
  if (state_ != State::open || peer_ended_ || watches_hangup_) return;
  // In memory it is the peer that reports it.
  if (watcher_.fd() >= 0) group_->table().hangups().add(*this);
  watches_hangup_ = true;
}

void Connection::end_hangup_watch() noexcept {
  watches_hangup_ = false;
  if (watcher_.fd() >= 0) group_->table().hangups().remove(*this);
}

void Connection::hung_up(int error) noexcept {
  if (!watches_hangup_) return;  // a callback for an earlier one in this turn has ended that
  end_hangup_watch();
  if (state_ != State::open || peer_ended_) return;
  if (error != 0) return fail(error);
  if (!call("on_hangup", [this] { protocol_->on_hangup(*this); })) return;
  contain([this] {
    flush();
    if (transport_ != nullptr) after_transport();
  });
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

const Listener* Connection::listener() const noexcept { return group_->root().listener; }

}  // namespace sluice
