#include "chat_peer.h"

#include <chrono>
#include <string>
#include <utility>

namespace sluice {
namespace {

// A source may not hold more connections than this by letting them wait. While they wait they are
// not read, so nobody notices that their peer has gone.
constexpr std::chrono::seconds kMaxWaitToEnter{5};

// The reason that the room gets when a member leaves without /quit.
std::string_view leave_reason(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::open:
    case CloseReason::peer_closed:
    case CloseReason::closed:
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

ChatPeer::ChatPeer(ChatDesk& desk) : desk_(&desk) { desk.add(*this); }

ChatPeer::~ChatPeer() {
  if (desk_ != nullptr) desk_->remove(*this);
}

void ChatPeer::detach() noexcept {
  desk_ = nullptr;
  member_ = nullptr;
  rate_timer_.reset();
  if (allowance_) allowance_->detach();
  if (connection_ != nullptr) connection_->close();
}

// --- The connection ---

void ChatPeer::on_open(Connection& connection) {
  connection_ = &connection;
  if (desk_ == nullptr) return connection.close();
  allowance_.emplace(desk_->rates(), connection.peer());
  const TimePoint now = connection.loop().now();
  if (allowance_->ask(now) - now > kMaxWaitToEnter) {
    allowance_.reset();
    connection.send("* too many newcomers from your address; try again later\n");
    return connection.close();
  }
  waits_to_enter_ = true;
  if (is_allowed()) enter();
}

void ChatPeer::enter() {
  waits_to_enter_ = false;
  allowance_->spend(connection_->loop().now());
  member_ = desk_->house().enter(*this);
}

void ChatPeer::on_allowed() {
  if (waits_to_enter_) {
    try {
      enter();
    } catch (...) {
      // Nothing else would ever wake a connection that is paused.
      connection_->close();
      throw;
    }
  }
  connection_->resume();
}

std::size_t ChatPeer::on_data(Connection& connection, std::span<const std::byte> in) {
  std::size_t consumed = 0;
  bool completed = false;
  while (consumed < in.size() && member_ != nullptr && !connection_->paused() && is_allowed()) {
    const ChatIntake::Step step = intake_.next(in.subspan(consumed), desk_->options().max_line);
    if (!handle(step)) {
      intake_.undo();
      break;
    }
    consumed += step.consumed;
    completed = completed || step.kind != ChatIntake::Kind::none;
    if (!connection.may_continue()) break;
  }
  connection.note_messages(completed, intake_.is_in_line());
  return member_ == nullptr && !waits_to_enter_ ? in.size() : consumed;
}

// Returns false, and pauses the connection until then, if its source exceeds the rate.
bool ChatPeer::is_allowed() {
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

// Returns false, and pauses the connection, if a member that would receive the line is behind.
bool ChatPeer::handle(const ChatIntake::Step& step) {
  if (step.kind == ChatIntake::Kind::none) return true;
  if (step.kind == ChatIntake::Kind::line) {
    if (step.line.empty()) return true;
    if (!desk_->house().submit(*member_, step.line)) {
      desk_->wait(*this);
      connection_->pause();
      return false;
    }
  } else {
    desk_->house().notify(*member_, "that line is too long and nobody has heard it: at most " +
                                        std::to_string(desk_->options().max_line) + " bytes");
  }
  allowance_->spend(connection_->loop().now());
  return true;
}

void ChatPeer::on_eof(Connection& connection) {
  if (member_ != nullptr) {
    const ChatIntake::Step step = intake_.finish();
    // It is the last line, so it waits neither for the rate nor for members who are behind.
    if (step.kind == ChatIntake::Kind::line) {
      allowance_->charge(connection.loop().now());
      (void)desk_->house().submit(*member_, step.line, ChatHouse::Congestion::ignore);
    }
  }
  leave({});
  connection.close();
}

void ChatPeer::on_drain(Connection& /*connection*/) {
  if (member_ != nullptr) desk_->house().notify(*member_, "the chat is closing");
}

void ChatPeer::on_writable(Connection& connection) {
  stalled_ = false;
  if (desk_ == nullptr || member_ == nullptr) return;
  desk_->mark_caught_up(*this);
  if (dropped_ == 0) return;
  const std::uint64_t dropped = std::exchange(dropped_, 0);
  connection.send("* " + std::to_string(dropped) + " bytes were dropped: you read too slowly\n");
}

void ChatPeer::on_close(Connection& connection, std::error_code /*reason*/) {
  leave(leave_reason(connection.close_reason()));
  rate_timer_.reset();
  allowance_.reset();
}

void ChatPeer::leave(std::string_view reason) {
  if (member_ == nullptr) return;
  desk_->mark_caught_up(*this);
  allowance_->charge(connection_->loop().now());
  ChatMember& member = *std::exchange(member_, nullptr);
  desk_->house().leave(member, reason);
}

// --- Deliveries ---

void ChatPeer::deliver(const Payload& block) {
  const std::size_t before = connection_->queued();
  connection_->send(block);
  if (connection_->state() != Connection::State::open) return;
  const std::size_t after = connection_->queued();
  if (after == before) dropped_ += block.size();
  if (after <= connection_->options().high_water || stalled_) return;
  if (member_ != nullptr && !member_->behind()) desk_->mark_behind(*this);
}

void ChatPeer::on_dismissed() {
  // The house has destroyed the member already.
  member_ = nullptr;
  desk_->mark_caught_up(*this);
  connection_->close();
}

void ChatPeer::mark_stalled() noexcept { stalled_ = true; }

void ChatPeer::resume() noexcept { connection_->resume(); }

}  // namespace sluice
