#include "chat_peer.h"

#include <string>

#include "chat_text.h"

namespace sluice {

ChatPeer::ChatPeer(ChatDesk& desk, std::optional<std::size_t> max_line)
    : ChatSeat(desk), max_line_(max_line) {}

std::size_t ChatPeer::max_line() { return max_line_.value_or(desk().options().max_line); }

void ChatPeer::on_open(Connection& connection) { open(connection); }

void ChatPeer::enter() {
  const std::string origin = desk().origin_of("line", connection().peer());
  set_member(ChatLines(house()).enter(*this, {}, origin, is_peer_operator()));
  greet_operator();
}

void ChatPeer::say(std::string_view notice) {
  std::string line(kNoticePrefix);
  line += notice;
  line += '\n';
  connection().send(line);
}

std::size_t ChatPeer::on_data(Connection& connection, std::span<const std::byte> in) {
  std::size_t consumed = 0;
  bool completed = false;
  while (consumed < in.size() && member() != nullptr && !connection.paused() && may_read()) {
    const ChatIntake::Step step = intake_.next(in.subspan(consumed), max_line());
    if (!handle(step)) {
      intake_.undo();
      break;
    }
    consumed += step.consumed;
    completed = completed || step.kind != ChatIntake::Kind::none;
    if (!connection.may_continue()) break;
  }
  connection.note_messages(completed, intake_.is_in_line());
  return member() == nullptr && !waits_to_enter() ? in.size() : consumed;
}

// Returns false, and pauses the connection, if a member that would receive the line is behind.
bool ChatPeer::handle(const ChatIntake::Step& step) {
  if (step.kind == ChatIntake::Kind::none) return true;
  if (step.kind == ChatIntake::Kind::line) {
    if (step.line.empty()) return true;
    if (!ChatLines(house()).submit(*member(), step.line, congestion())) {
      wait();
      return false;
    }
  } else {
    house().notify(*member(), "that line is too long and nobody has heard it: at most " +
                                  std::to_string(max_line()) + " bytes");
  }
  spend();
  return true;
}

void ChatPeer::on_eof(Connection& connection) {
  if (member() != nullptr) {
    const ChatIntake::Step step = intake_.finish();
    // It is the last line, so it waits neither for the rate nor for members who are behind.
    if (step.kind == ChatIntake::Kind::line) {
      charge();
      (void)ChatLines(house()).submit(*member(), step.line, ChatHouse::Congestion::ignore);
    }
  }
  leave({});
  connection.close();
}

void ChatPeer::on_drain(Connection& /*connection*/) { drain(); }

void ChatPeer::on_writable(Connection& /*connection*/) { catch_up(); }

void ChatPeer::on_close(Connection& connection, std::error_code /*reason*/) {
  close(connection.close_reason());
}

}  // namespace sluice
