#include "dialect.h"

#include <sys/socket.h>

#include <array>
#include <utility>

#include "load.h"

namespace bench {
namespace {

constexpr std::array kNames{
    std::pair{std::string_view("raw"), Dialect::raw},
    std::pair{std::string_view("chat"), Dialect::chat},
    std::pair{std::string_view("redis"), Dialect::redis},
    std::pair{std::string_view("irc"), Dialect::irc},
    std::pair{std::string_view("websocket"), Dialect::websocket},
};

// The key of RFC 6455, 1.3. An endpoint's default is to accept only its own origin, or none.
constexpr std::string_view kUpgrade =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
constexpr std::string_view kMask = "\x37\xfa\x21\x3d";
constexpr char kTextMessage = '\x81';

std::string masked(std::string_view text) {
  std::string frame{kTextMessage, static_cast<char>(0x80 | text.size())};
  frame += kMask;
  for (std::size_t i = 0; i < text.size(); ++i) {
    frame += static_cast<char>(text[i] ^ kMask[i % kMask.size()]);
  }
  return frame;
}

std::string irc_hello(const std::string& nick) {
  return "NICK " + nick + "\r\nUSER " + nick + " 0 * :" + nick + "\r\nJOIN #bench\r\n";
}

std::string bulk_string(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

std::string_view line_end(Dialect dialect) {
  if (dialect == Dialect::websocket) return "";
  return dialect == Dialect::redis || dialect == Dialect::irc ? "\r\n" : "\n";
}

}  // namespace

std::optional<Dialect> dialect_from(std::string_view name) {
  for (const auto& [known, dialect] : kNames) {
    if (known == name) return dialect;
  }
  return std::nullopt;
}

std::string sender_hello(Dialect dialect) {
  if (dialect == Dialect::chat) return "/nick s\n";
  if (dialect == Dialect::websocket) return std::string(kUpgrade);
  return dialect == Dialect::irc ? irc_hello("s") : std::string();
}

std::string receiver_hello(Dialect dialect, std::size_t index) {
  if (dialect == Dialect::redis) return "SUBSCRIBE bench\r\n";
  if (dialect == Dialect::websocket) return std::string(kUpgrade);
  return dialect == Dialect::irc ? irc_hello("r" + std::to_string(index)) : std::string();
}

void greet(Dialect dialect, int descriptor, std::string_view hello) {
  const auto sent = send(descriptor, hello.data(), hello.size(), 0);
  if (sent != static_cast<ssize_t>(hello.size())) fail("send");
  std::string answer;
  while (dialect == Dialect::websocket && !answer.ends_with("\r\n\r\n")) {
    char byte = 0;
    if (recv(descriptor, &byte, 1, 0) != 1) fail("the server does not upgrade: " + answer);
    answer += byte;
  }
}

std::string echoed(Dialect dialect, std::string_view text) {
  if (dialect != Dialect::websocket) return spoken(dialect, text);
  return std::string{kTextMessage, static_cast<char>(text.size())} + std::string(text);
}

std::string spoken(Dialect dialect, std::string_view text) {
  if (dialect == Dialect::websocket) return masked(text);
  if (dialect == Dialect::redis) {
    return "*3\r\n" + bulk_string("PUBLISH") + bulk_string("bench") + bulk_string(text);
  }
  std::string line = dialect == Dialect::irc ? "PRIVMSG #bench :" : "";
  line += text;
  line += line_end(dialect);
  return line;
}

std::optional<Frame> find_frame(Dialect dialect, std::string_view read, std::string_view text) {
  const std::string_view end = line_end(dialect);
  const std::size_t at = read.find(text);
  if (at == read.npos || read.size() - at - text.size() < end.size()) return std::nullopt;
  if (dialect == Dialect::redis) {
    const std::string size = "$" + std::to_string(text.size()) + "\r\n";
    return Frame{"*3\r\n" + bulk_string("message") + bulk_string("bench") + size, std::string(end)};
  }
  if (dialect == Dialect::websocket && at >= 2)
    return Frame{std::string(read.substr(at - 2, 2)), ""};
  const std::size_t line = at == 0 ? read.npos : read.rfind('\n', at - 1);
  const std::size_t begin = line == read.npos ? 0 : line + 1;
  return Frame{std::string(read.substr(begin, at - begin)), std::string(end)};
}

bool begins_notice(Dialect dialect, char first) { return dialect == Dialect::chat && first == '*'; }

}  // namespace bench
