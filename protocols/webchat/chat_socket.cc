#include "chat_socket.h"

#include <algorithm>

#include "../chat/chat_lines.h"
#include "../chat/chat_name.h"
#include "../http/http_query.h"
#include "../websocket/websocket_deflate.h"

namespace sluice {

ChatSocket::ChatSocket(ChatSockets& door)
    : WebSocketProtocol(door.server_), ChatSeat(door.chat_.desk()), door_(door) {}

std::optional<HttpResponse> ChatSocket::on_request(Connection& /*connection*/,
                                                   const HttpRequest& request) {
  const std::string& path = door_.options_.path;
  if (!path.empty() && request.path != path) {
    return HttpResponse::failed(404, "the WebSocket is at " + path);
  }
  wanted_ = std::make_unique<Wanted>(Wanted{.nick = query_value(request.query, "nick"),
                                            .room = query_value(request.query, "room"),
                                            .after = query_value(request.query, "after")});
  return {};
}

void ChatSocket::on_established(Connection& connection) { open(connection); }

void ChatSocket::enter() {
  const std::unique_ptr<Wanted> wanted = std::move(wanted_);
  after_ = wanted->after;
  if (house().members() >= house().rules().max_members) {
    say("the chat is full; try again later");
    return WebSocketProtocol::close(WebSocketCode::kTryAgainLater);
  }
  // The rule of /nick: enter() alone would give it a reserved name, too.
  const bool may_have =
      is_chat_name(wanted->nick) && house().check_nick(wanted->nick, nullptr) == ChatResult::ok;
  const ChatRoom& lobby = house().lobby();
  ChatMember* const entered =
      house().enter({.outlet = *this,
                     .format = format(),
                     .nick = may_have ? std::string_view(wanted->nick) : std::string_view(),
                     .origin = desk().origin_of("web", WebSocketProtocol::connection().peer()),
                     .reads_itself = true,
                     .is_operator = is_peer_operator()});
  set_member(entered);
  // The command sends the welcome of the room, or a notice with the reason for the failure.
  if (!wanted->room.empty() && wanted->room != lobby.name()) submit("/join " + wanted->room);
  if (member()->rooms().front() == &lobby) {
    deliver(Payload::copy(welcome(&lobby, lobby.name(), entered->nick())));
    house().tell_if_recorded(*member(), lobby);
  }
  after_ = {};
  greet_operator();
}

// A client with a small window reads plain messages, so that all others share one block.
const ChatJson& ChatSocket::format() const noexcept {
  const bool shares = window_bits() == WebSocketDeflate::kMaxWindowBits;
  return shares ? door_.deflated_ : door_.format_;
}

std::string ChatSocket::welcome(const ChatRoom* room, std::string_view name,
                                std::string_view nick) const {
  const ChatRules& rules = door_.chat_.house().rules();
  const bool is_lobby = room == &door_.chat_.house().lobby();
  return format().welcome(room, name, nick, is_lobby ? rules.greeting : std::string_view(), after_,
                          rules.history);
}

void ChatSocket::on_held(Connection& /*connection*/, Bytes /*start*/) {
  // A dismissed member's lines are dropped, so they need not wait.
  if (member() != nullptr) {
    if (!may_read()) return;
    const bool waits = congestion() == ChatHouse::Congestion::wait;
    if (waits && house().is_congested(*member())) return wait();
  }
  may_deliver_ = true;
}

void ChatSocket::on_message(Connection& /*connection*/, WebSocketKind kind, Bytes message) {
  may_deliver_ = false;
  if (member() == nullptr) return;
  if (kind == WebSocketKind::binary) {
    return WebSocketProtocol::close(WebSocketCode::kUnacceptable, "lines are text");
  }
  spend();
  std::string line(reinterpret_cast<const char*>(message.data()), message.size());
  const auto is_end = [](char c) { return c == '\n' || c == '\r'; };
  std::replace_if(line.begin(), line.end(), is_end, ' ');
  const std::size_t limit = door_.options_.max_line;
  if (line.size() <= limit) return submit(line);
  house().notify(*member(), "that line is too long and nobody has heard it: at most " +
                                std::to_string(limit) + " bytes");
}

// on_held() has made sure that nobody in this room is behind. A member in another room may be: a
// private message to it, or a /join to its room, does not wait for it.
void ChatSocket::submit(std::string_view line) {
  ChatLines lines(house(), [this](const ChatRoom* room, std::string_view name,
                                  std::string_view nick) { return welcome(room, name, nick); });
  (void)lines.submit(*member(), line, ChatHouse::Congestion::ignore);
}

void ChatSocket::on_closed(Connection& connection, std::uint16_t /*code*/,
                           std::error_code /*reason*/) {
  ChatSeat::close(connection.close_reason());
}

// It does not wait for the answer to its Close frame, so that a flood of newcomers holds nothing.
void ChatSocket::turn_away() {
  WebSocketProtocol::close(WebSocketCode::kTryAgainLater);
  ChatSeat::turn_away();
}

void ChatSocket::say(std::string_view notice) {
  ChatEvent event;
  event.kind = ChatEvent::Kind::house;
  event.time = door_.chat_.house().now();
  event.text = notice;
  std::string frame;
  format().append(frame, event);
  WebSocketProtocol::connection().send(frame);
}

// After a Close frame nothing may follow.
void ChatSocket::deliver(const Payload& block) {
  if (is_established()) ChatSeat::deliver(block);
}

void ChatSocket::on_dismissed() {
  WebSocketProtocol::close();
  ChatSeat::on_dismissed();
}

}  // namespace sluice
