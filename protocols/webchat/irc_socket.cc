#include "irc_socket.h"

#include "irc_frames.h"

namespace sluice {
namespace {

// Some clients send the end of the line, too.
std::string_view line_of(std::span<const std::byte> message) noexcept {
  std::string_view line(reinterpret_cast<const char*>(message.data()), message.size());
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

IrcSocket::IrcSocket(IrcSockets& door)
    : WebSocketProtocol(door.server_), IrcClient(door.chat_.desk(), door.options_) {}

void IrcSocket::on_established(Connection& connection) { (void)attach(connection); }

void IrcSocket::on_held(Connection& /*connection*/, Bytes start) {
  may_deliver_ = may_handle(Request(line_of(start)));
}

void IrcSocket::on_message(Connection& /*connection*/, WebSocketKind kind, Bytes message) {
  may_deliver_ = false;
  if (kind != this->kind()) {
    return WebSocketProtocol::close(WebSocketCode::kUnacceptable, kind == WebSocketKind::text
                                                                      ? "lines are binary"
                                                                      : "lines are text");
  }
  IrcClient::handle(Request(line_of(message)));
}

void IrcSocket::on_closed(Connection& connection, std::uint16_t /*code*/,
                          std::error_code /*reason*/) {
  ChatSeat::close(connection.close_reason());
}

WebSocketKind IrcSocket::kind() const noexcept {
  return subprotocol() == kBinary ? WebSocketKind::binary : WebSocketKind::text;
}

std::string IrcSocket::encode(std::string lines) const {
  std::string frames;
  append_irc_frames(frames, lines, kind());
  return frames;
}

const ChatFormat& IrcSocket::format_of(const IrcCapabilities& capabilities) const {
  return irc_frames(capabilities, kind());
}

// After a Close frame nothing may follow.
void IrcSocket::deliver(const Payload& block) {
  if (is_established()) ChatSeat::deliver(block);
}

void IrcSocket::on_dismissed() {
  WebSocketProtocol::close();
  ChatSeat::on_dismissed();
}

}  // namespace sluice
