#include "relay_end.h"

#include <cassert>
#include <cerrno>
#include <memory>
#include <utility>

#include "../loop/loop_internals.h"
#include "../stream/connection_call.h"
#include "../stream/connection_group.h"
#include "../stream/connection_table.h"

namespace sluice {

namespace {

// A read of so many bytes is bulk: from then on the kernel moves them. Below that, two more system
// calls and the pages of a pipe cost more than a copy.
constexpr std::size_t kBulkRead = 32 * 1024;
// After so many moves in a row of fewer bytes than this it is not bulk any more.
constexpr std::size_t kSmallMove = 8 * 1024;
constexpr int kMaxSmallMoves = 4;
// The maximum number of moves for one event, so that other connections are served as well.
constexpr int kMovesAtOnce = 4;

bool is_plain(const Connection& connection) noexcept {
  return connection.transport() == nullptr && connection.native_handle() >= 0;
}

}  // namespace

void relay(Connection& a, Connection& b, RelayDone done) {
  LoopInternals::assert_thread(a.loop());
  assert(&a != &b && &a.loop() == &b.loop());
  RelayEnd::join(a, b, std::move(done));
}

void RelayEnd::join(Connection& a, Connection& b, RelayDone done) {
  auto end_a = std::make_unique<RelayEnd>(a, true);
  auto end_b = std::make_unique<RelayEnd>(b, false);
  RelayEnd& first = *end_a;
  RelayEnd& second = *end_b;
  first.other_ = &second;
  second.other_ = &first;
  a.group_->table().reserve_retired(2);  // from here on nothing throws
  first.done_ = std::move(done);
  a.set_protocol(std::move(end_a));
  b.set_protocol(std::move(end_b));
  first.begin();
  second.begin();
}

void RelayEnd::begin() {
  own_.end_message();
  own_.keep_reading_ = true;
  own_.hold();
  if (is_plain(own_)) {
    own_.watcher_.stop(own_.loop().native());
    own_.watcher_.bind<&RelayEnd::on_ready>(this, own_.watcher_.fd());
  }
  own_.update_interest();
  if (own_.backpressure_) hold_up_other();
  if (own_.peer_ended_ && own_.input_.empty() && !own_.in_callback_) on_eof(own_);
}

// If the handshake of a transport was not done when the relay began.
void RelayEnd::on_open(Connection& /*connection*/) { own_.end_message(); }

std::size_t RelayEnd::on_data(Connection& /*connection*/, std::span<const std::byte> in) {
  if (other_ == nullptr) return in.size();
  if (in.size() >= kBulkRead) is_bulk_ = is_plain(own_) && is_plain(other_->own_);
  passed_on_ += in.size();
  other_->own_.forward(in);
  if (other_->own_.backpressure_) other_->hold_up_other();
  if (own_.peer_ended_) on_eof(own_);  // these bytes were unconsumed when the relay began
  return in.size();
}

void RelayEnd::on_eof(Connection& /*connection*/) {
  if (other_ != nullptr) other_->own_.shutdown();
}

void RelayEnd::on_writable(Connection& /*connection*/) {
  if (!pipe_) let_other_go_on();  // else when the pipe is empty
}

void RelayEnd::on_close(Connection& /*connection*/, std::error_code reason) {
  note_closed(reason);
  if (other_ == nullptr) {
    if (done_) done_(result_);
    return;
  }
  other_->other_ = nullptr;
  other_->result_ = result_;
  if (done_) other_->done_ = std::move(done_);
  reason ? other_->own_.abort() : other_->own_.close();
}

void RelayEnd::note_closed(std::error_code reason) noexcept {
  (is_a_ ? result_.a_to_b : result_.b_to_a) = passed_on_;
  (is_a_ ? result_.a : result_.b) = reason;
}

void RelayEnd::hold_up_other() {
  if (holds_up_other_ || other_ == nullptr) return;
  holds_up_other_ = true;
  other_->own_.pause();
}

void RelayEnd::let_other_go_on() {
  if (!std::exchange(holds_up_other_, false) || other_ == nullptr) return;
  other_->own_.resume();
}

// --- Bulk ---

void RelayEnd::on_ready(int events) noexcept {
  if (may_splice() && (events & kReadable) != 0) {
    if (events != kReadable) own_.on_ready(events & ~kReadable);
    own_.contain([this] { splice_ready(); });
    if (own_.draining_ == Connection::Draining::owes) own_.check_owed();
  } else {
    own_.on_ready(events);
  }
  if (!pipe_ || !own_.queue_is_empty()) return;
  give_back_pipe();
  let_other_go_on();
}

// In the order of the bytes: nothing that was copied may be under way.
bool RelayEnd::may_splice() const noexcept {
  if (!is_bulk_ || other_ == nullptr || !own_.may_read() || !own_.input_.empty()) return false;
  const Connection& to = other_->own_;
  return to.state_ == Connection::State::open && !to.shutdown_wanted_ && !to.in_callback_ &&
         !to.blocked_ && to.queue_is_empty();
}

void RelayEnd::splice_ready() {
  TurnBudget& budget = LoopInternals::budget(own_.loop());
  budget.begin_share();
  for (int i = 0; may_splice(); ++i) {
    // Level-triggered: what is not moved now makes an event in the next turn.
    if (i == kMovesAtOnce || (i > 0 && !budget.may_continue())) return budget.cut();
    if (!splice_once()) break;
  }
  // An idle relay holds no pipe.
  if (other_ != nullptr && other_->own_.queue_is_empty()) other_->give_back_pipe();
}

// Returns whether there may be more.
bool RelayEnd::splice_once() {
  Pipe& pipe = other_->pipe_;
  if (!pipe) pipe = own_.group_->table().pipes().take();
  const ssize_t result = pipe ? splice_from_socket(own_.watcher_.fd(), pipe) : -1;
  if (!pipe || (result < 0 && errno == EINVAL)) {
    is_bulk_ = false;  // no descriptor is left, or the system cannot: the next event copies
    return false;
  }
  if (result <= 0) {
    own_.read_nothing(result);
    return false;
  }
  const auto size = static_cast<std::size_t>(result);
  own_.note_read(size);
  note_size(size);
  passed_on_ += size;
  other_->own_.forward(pipe, size);
  if (!other_->own_.queue_is_empty()) other_->hold_up_other();
  return size >= kBulkRead;
}

void RelayEnd::note_size(std::size_t size) noexcept {
  small_ = size < kSmallMove ? small_ + 1 : 0;
  if (small_ < kMaxSmallMoves) return;
  small_ = 0;
  is_bulk_ = false;
}

// The pipe of a connection that failed may not be empty.
void RelayEnd::give_back_pipe() noexcept {
  if (own_.state_ == Connection::State::closed) return;
  if (pipe_) own_.group_->table().pipes().give(std::exchange(pipe_, {}));
}

}  // namespace sluice
