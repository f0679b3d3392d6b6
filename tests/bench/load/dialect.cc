#include "dialect.h"

#include <array>
#include <utility>

namespace bench {
namespace {

constexpr std::array kNames{
    std::pair{std::string_view("raw"), Dialect::raw},
    std::pair{std::string_view("chat"), Dialect::chat},
    std::pair{std::string_view("redis"), Dialect::redis},
    std::pair{std::string_view("irc"), Dialect::irc},
};

std::string irc_hello(const std::string& nick) {
  return "NICK " + nick + "\r\nUSER " + nick + " 0 * :" + nick + "\r\nJOIN #bench\r\n";
}

std::string bulk_string(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

std::string_view line_end(Dialect dialect) {
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
  return dialect == Dialect::irc ? irc_hello("s") : std::string();
}

std::string receiver_hello(Dialect dialect, std::size_t index) {
  if (dialect == Dialect::redis) return "SUBSCRIBE bench\r\n";
  return dialect == Dialect::irc ? irc_hello("r" + std::to_string(index)) : std::string();
}

std::string spoken(Dialect dialect, std::string_view text) {
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
  const std::size_t line = at == 0 ? read.npos : read.rfind('\n', at - 1);
  const std::size_t begin = line == read.npos ? 0 : line + 1;
  return Frame{std::string(read.substr(begin, at - begin)), std::string(end)};
}

bool begins_notice(Dialect dialect, char first) { return dialect == Dialect::chat && first == '*'; }

}  // namespace bench
