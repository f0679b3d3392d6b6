#include "chat_seat.h"

#include <chrono>
#include <string>
#include <utility>

namespace sluice {
namespace {

// A source may not hold more connections than this by letting them wait. While they wait they are
// not read, so nobody notices that their peer has gone.
constexpr std::chrono::seconds kMaxWaitToEnter{5};

// The reason that the room gets when a member leaves without saying so.
std::string_view leave_reason(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::open:
    case CloseReason::peer_closed:
    case CloseReason::closed:
    case CloseReason::moved:
      return {};
    case CloseReason::idle_timeout:
    case CloseReason::message_timeout:
      return "timed out";
    case CloseReason::write_timeout:
    case CloseReason::queue_limit:
      return "too slow";
    case CloseReason::aborted:
    case CloseReason::input_limit:
    case CloseReason::handler_threw:
    case CloseReason::open_timeout:
    case CloseReason::open_failed:
    case CloseReason::transport_error:
    case CloseReason::peer_reset:
    case CloseReason::system_error:
      return "connection lost";
    case CloseReason::drain_deadline:
    case CloseReason::loop_destroyed:
      return "the server stops";
  }
  return {};
}

}  // namespace

ChatSeat::ChatSeat(ChatDesk& desk) : desk_(&desk) { desk.add(*this); }

ChatSeat::~ChatSeat() {
  if (desk_ != nullptr) desk_->remove(*this);
}

void ChatSeat::detach() noexcept {
  desk_ = nullptr;
  member_ = nullptr;
  rate_timer_.reset();
  if (allowance_) allowance_->detach();
  if (connection_ != nullptr) connection_->close();
}

// --- The connection ---

bool ChatSeat::attach(Connection& connection) {
  connection_ = &connection;
  if (desk_ == nullptr) {
    connection.close();
    return false;
  }
  allowance_.emplace(desk_->rates(), connection.peer());
  return true;
}

void ChatSeat::open(Connection& connection) {
  if (!attach(connection)) return;
  const TimePoint now = connection.loop().now();
  if (allowance_->ask(now) - now > kMaxWaitToEnter) {
    allowance_.reset();
    say("too many newcomers from your address; try again later");
    return turn_away();
  }
  waits_to_enter_ = true;
  if (!may_read()) return;
  waits_to_enter_ = false;
  spend();
  enter();
}

void ChatSeat::on_allowed() {
  if (waits_to_enter_) {
    try {
      waits_to_enter_ = false;
      spend();
      enter();
    } catch (...) {
      // Nothing else would ever wake a connection that is paused.
      connection_->close();
      throw;
    }
  }
  connection_->resume();
}

bool ChatSeat::is_peer_operator() const {
  const auto& is_operator = desk_->options().is_operator;
  return is_operator && is_operator(*connection_);
}

void ChatSeat::greet_operator() {
  if (member_ == nullptr || !member_->is_operator()) return;
  house().notify(*member_, "you are an operator of the house");
}

void ChatSeat::begin_drain() {
  if (desk_ != nullptr) desk_->begin_drain(*this);
}

void ChatSeat::drain() {
  begin_drain();
  if (member_ != nullptr) house().notify(*member_, "the chat is closing");
}

bool ChatSeat::may_read() {
  const TimePoint now = connection_->loop().now();
  const TimePoint due = allowance_->ask(now);
  if (due <= now) return true;
  if (rate_timer_ == nullptr) {
    rate_timer_ = std::make_unique<Timer>(connection_->loop(), [this] { on_allowed(); });
  }
  rate_timer_->start(std::chrono::ceil<std::chrono::milliseconds>(due - now));
  connection_->pause();
  return false;
}

void ChatSeat::wait() {
  if (patience_ == Patience::unused) {
    desk_->begin_patience(*this);
    patience_ = Patience::runs;
  }
  desk_->wait(*this);
  connection_->pause();
}

void ChatSeat::spend() {
  allowance_->spend(connection_->loop().now());
  if (std::exchange(patience_, Patience::unused) == Patience::runs) desk_->end_patience(*this);
}

void ChatSeat::charge() { allowance_->charge(connection_->loop().now()); }

void ChatSeat::catch_up() {
  stalled_ = false;
  if (desk_ == nullptr || member_ == nullptr) return;
  desk_->mark_caught_up(*this);
  if (dropped_ == 0) return;
  say(std::to_string(std::exchange(dropped_, 0)) + " bytes were dropped: you read too slowly");
}

void ChatSeat::close(CloseReason reason) {
  leave(leave_reason(reason));
  rate_timer_.reset();
  allowance_.reset();
}

void ChatSeat::leave(std::string_view reason) {
  if (member_ == nullptr) return;
  desk_->mark_caught_up(*this);
  if (!member_->rooms().empty()) charge();  // else nobody notices
  ChatMember& member = *std::exchange(member_, nullptr);
  house().leave(member, reason);
}

// --- Deliveries ---

void ChatSeat::deliver(const Payload& block) {
  const std::size_t before = connection_->queued();
  connection_->send(block);
  if (connection_->state() != Connection::State::open) return;
  const std::size_t after = connection_->queued();
  if (after == before) dropped_ += block.size();
  if (after <= connection_->options().high_water || stalled_) return;
  if (member_ != nullptr && !member_->behind()) desk_->mark_behind(*this);
}

void ChatSeat::on_dismissed() {
  // The house has destroyed the member already.
  member_ = nullptr;
  desk_->mark_caught_up(*this);
  connection_->close();
}

}  // namespace sluice
