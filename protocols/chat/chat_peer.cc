#include "chat_peer.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace sluice {
namespace {

// What the others in the room are told of a member that goes without a word.
std::string_view farewell(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::open:
    case CloseReason::peer_closed:
    case CloseReason::closed:
      return {};
    case CloseReason::idle_timeout:
      return "timed out";
    case CloseReason::write_timeout:
    case CloseReason::queue_limit:
      return "too slow";
    case CloseReason::aborted:
    case CloseReason::input_limit:
    case CloseReason::handler_threw:
    case CloseReason::system_error:
      return "connection lost";
    case CloseReason::drain_deadline:
    case CloseReason::loop_destroyed:
      return "the server stops";
  }
  return {};
}

}  // namespace

ChatPeer::ChatPeer(ChatDesk& desk) : desk_(&desk) { desk.came(*this); }

ChatPeer::~ChatPeer() {
  if (desk_ != nullptr) desk_->gone(*this);
}

void ChatPeer::detach() noexcept {
  desk_ = nullptr;
  member_ = nullptr;
  rate_timer_.reset();
  if (connection_ != nullptr) connection_->close();
}

// --- The connection ---

void ChatPeer::on_open(Connection& connection) {
  connection_ = &connection;
  if (desk_ == nullptr) return connection.close();
  member_ = desk_->house().enter(*this);
}

std::size_t ChatPeer::on_data(Connection& /*connection*/, std::span<const std::byte> in) {
  std::size_t taken = 0;
  while (taken < in.size() && may_speak()) {
    const ChatIntake::Step step = intake_.next(in.subspan(taken), desk_->options().max_line);
    if (!take(step)) {
      intake_.undo();
      break;
    }
    taken += step.consumed;
  }
  return member_ == nullptr ? in.size() : taken;
}

// False: it has left, or it is paused, and what it has sent is shown again.
bool ChatPeer::may_speak() {
  if (member_ == nullptr || connection_->paused()) return false;
  const std::optional<TokenRate>& rate = desk_->options().rate;
  const TimePoint now = connection_->loop().now();
  if (!rate || allowance_.has(*rate, now)) return true;
  if (rate_timer_ == nullptr) {
    rate_timer_ = std::make_unique<Timer>(connection_->loop(), [this] { connection_->resume(); });
  }
  const auto wait = allowance_.full_at() - now - rate->interval * (rate->burst - 1);
  rate_timer_->start(std::chrono::ceil<std::chrono::milliseconds>(wait));
  connection_->pause();
  return false;
}

// False: somebody who would hear it is behind, and it is paused.
bool ChatPeer::take(const ChatIntake::Step& step) {
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
  const std::optional<TokenRate>& rate = desk_->options().rate;
  if (rate) (void)allowance_.take(*rate, connection_->loop().now());
  return true;
}

void ChatPeer::on_eof(Connection& connection) {
  if (member_ != nullptr) {
    const ChatIntake::Step step = intake_.finish();
    // Nothing can come after it, so it neither waits its turn nor for who is behind.
    if (step.kind == ChatIntake::Kind::line) {
      (void)desk_->house().submit(*member_, step.line, ChatHouse::Congestion::ignore);
    }
  }
  leave({});
  connection.close();
}

void ChatPeer::on_writable(Connection& connection) {
  stalled_ = false;
  if (desk_ == nullptr || member_ == nullptr) return;
  desk_->caught_up(*this);
  if (dropped_ == 0) return;
  const std::uint64_t dropped = std::exchange(dropped_, 0);
  connection.send("* " + std::to_string(dropped) + " bytes were dropped: you read too slowly\n");
}

void ChatPeer::on_close(Connection& connection, std::error_code /*reason*/) {
  leave(farewell(connection.close_reason()));
  rate_timer_.reset();
}

void ChatPeer::leave(std::string_view reason) {
  if (member_ == nullptr) return;
  desk_->caught_up(*this);
  ChatMember& member = *std::exchange(member_, nullptr);
  desk_->house().leave(member, reason);
}

// --- What it hears ---

void ChatPeer::deliver(const Payload& block) {
  const std::size_t before = connection_->queued();
  connection_->send(block);
  if (connection_->state() != Connection::State::open) return;
  const std::size_t after = connection_->queued();
  if (after == before) dropped_ += block.size();
  if (after <= connection_->options().high_water || stalled_) return;
  if (member_ != nullptr && !member_->behind()) desk_->fell_behind(*this);
}

void ChatPeer::on_dismissed() {
  // The house has let go of the member already.
  member_ = nullptr;
  desk_->caught_up(*this);
  connection_->close();
}

void ChatPeer::give_up_on() noexcept { stalled_ = true; }

void ChatPeer::resume() noexcept { connection_->resume(); }

}  // namespace sluice
