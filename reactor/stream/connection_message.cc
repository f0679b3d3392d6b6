// The time that a message may take: from its first byte, or for the first message from on_open(),
// until it is complete. A connection has no timer and no list node for it. If its idle timeout is
// longer, or it has none, its only node is in a list of messages instead. Otherwise the time is
// checked whenever bytes are transferred, and the idle timeout closes a peer that transfers none.
#include <chrono>

#include "../loop/loop.h"
#include "../loop/loop_internals.h"
#include "connection.h"
#include "connection_call.h"
#include "connection_group.h"
#include "connection_table.h"

namespace sluice {

using std::chrono::milliseconds;

namespace {

// Wraps after 49 days, which is more than IdleList::kMaxTimeout.
std::uint32_t stamp_of(TimePoint time) noexcept {
  const auto since = std::chrono::floor<milliseconds>(time.time_since_epoch());
  return static_cast<std::uint32_t>(since.count());
}

}  // namespace

void Connection::touch_in_message() {
  if (!by_traffic_) return;
  group_->idle_.touch(*this);
  if (is_overdue()) mark_dirty();  // closed at the end of the turn, if it is not complete by then
}

void Connection::await_first_message() {
  if (group_->messages_ == nullptr || group_->messages_->first.timeout().count() == 0) return;
  first_message_ = timed_ = true;
  restart_message();
}

// Called after on_data(), which has consumed `consumed` bytes and left input_.
void Connection::follow_messages(std::size_t consumed) {
  const bool completed = messages_noted_ ? message_completed_ : consumed > 0;
  const bool begun = messages_noted_ ? message_begun_ : !input_.empty();
  messages_noted_ = false;
  if (draining_ != Draining::no || peer_ended_) return;
  if (timed_ && !completed && (begun || first_message_)) return;  // the same message continues
  first_message_ = false;
  if (!begun || group_->messages_->whole.timeout().count() == 0) return end_message();
  timed_ = true;
  restart_message();
}

// The time of the message begins now.
void Connection::restart_message() noexcept {
  mark_ = stamp_of(LoopInternals::fresh_now(group_->loop()));
  IdleList& list = first_message_ ? group_->messages_->first : group_->messages_->whole;
  const milliseconds idle = group_->idle_.timeout();
  by_traffic_ = idle.count() > 0 && idle < list.timeout();
  contain([this, &list] { (by_traffic_ ? group_->idle_ : list).touch(*this); });
}

void Connection::end_message() noexcept {
  if (!timed_) return;
  timed_ = false;
  if (by_traffic_ && group_->idle_.timeout().count() > 0) return;  // it is in that list
  IdleList::Node::unlink();
  contain([this] { group_->idle_.touch(*this); });
}

// After set_options(). `in_message`: a time was running before.
void Connection::begin_message_anew(bool in_message) {
  if (group_->messages_ == nullptr || state_ != State::open || peer_ended_) return;
  if (draining_ != Draining::no) return;
  if (bytes_in_ == 0) return await_first_message();
  const bool begun = in_message || !input_.empty();
  if (!begun || group_->messages_->whole.timeout().count() == 0) return;
  first_message_ = false;
  timed_ = true;
  restart_message();
}

bool Connection::is_overdue() const noexcept {
  // Signed, because the message may have begun later in this turn than at now().
  const milliseconds since(static_cast<std::int32_t>(stamp_of(group_->loop().now()) - mark_));
  if (first_message_) return since >= group_->messages_->first.timeout();
  const std::size_t rate = group_->options().min_rate;
  const milliseconds extension(rate == 0 ? 0 : input_.size() * 1000 / rate);
  return since >= group_->messages_->whole.timeout() + extension;
}

// The node has been removed from its list. Input that is ready now may complete the message; but a
// peer that always has one more byte ready must not stay because of that.
void Connection::on_message_timeout(IdleList::Node& node) {
  auto& connection = static_cast<Connection&>(node);
  if (connection.paused()) return connection.restart_message();
  if (connection.is_ready(kReadable)) {
    connection.on_ready(kReadable);
    if (!connection.timed_ || connection.linked()) return;
    if (connection.paused()) return connection.restart_message();
  }
  if (connection.first_message_ || connection.is_overdue()) {
    return connection.finish(CloseReason::message_timeout);
  }
  // min_rate extends the time. From now on it is checked when bytes are transferred, and a list
  // covers the case that none are.
  ConnectionGroup& group = *connection.group_;
  connection.by_traffic_ = true;
  (group.idle_.timeout().count() > 0 ? group.idle_ : group.messages_->whole).touch(connection);
}

}  // namespace sluice
