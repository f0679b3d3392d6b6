#include "irc_peer.h"

#include <string_view>
#include <utility>

#include "../codec/find_byte.h"

namespace sluice {
namespace {

constexpr std::byte kLineEnd{'\n'};
constexpr std::size_t kMaxWholeLine = kMaxIrcTags + kMaxIrcBody + 2;

}  // namespace

void IrcPeer::on_open(Connection& connection) { (void)attach(connection); }

std::size_t IrcPeer::on_data(Connection& connection, std::span<const std::byte> in) {
  std::size_t consumed = 0;
  bool completed = false;
  while (consumed < in.size() && !connection.paused() && is_open()) {
    const auto rest = in.subspan(consumed);
    const std::size_t end = find_byte(rest, kLineEnd);
    if (end == rest.size()) {
      if (rest.size() <= kMaxWholeLine) break;
      if (!std::exchange(is_skipping_, true)) reject_long_line();
      send_answers();
      consumed = in.size();
      break;
    }
    if (!std::exchange(is_skipping_, false)) {
      std::string_view line(reinterpret_cast<const char*>(rest.data()), end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      const Request request(line);
      if (!may_handle(request)) break;
      handle(request);
    }
    consumed += end + 1;
    completed = true;
    if (!connection.may_continue()) break;
  }
  connection.note_messages(completed, is_skipping_ || consumed < in.size());
  return is_open() ? consumed : in.size();
}

void IrcPeer::on_eof(Connection& connection) {
  leave("Connection closed");
  connection.close();
}

void IrcPeer::on_drain(Connection& /*connection*/) { drain(); }

void IrcPeer::on_writable(Connection& /*connection*/) { catch_up(); }

void IrcPeer::on_close(Connection& connection, std::error_code /*reason*/) {
  close(connection.close_reason());
}

}  // namespace sluice
