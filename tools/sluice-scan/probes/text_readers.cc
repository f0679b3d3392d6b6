// Readers of protocols whose greeting or answer is text.
#include <algorithm>
#include <array>
#include <cctype>

#include "protocol.h"

namespace sluice::tools::scan {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view first_line(std::string_view text) {
  return text.substr(0, std::min(text.find_first_of("\r\n"), text.size()));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string in_capitals(std::string_view text) {
  std::string capitals(text);
  std::transform(capitals.begin(), capitals.end(), capitals.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return capitals;
}

bool has_word(std::string_view text, std::string_view capitals) {
  return in_capitals(text).find(capitals) != std::string::npos;
}

// The next word of `text`, which loses it. Parentheses and commas around it are no part of it.
std::string_view next_word(std::string_view& text) {
  text = text.substr(std::min(text.find_first_not_of(" \t(,;"), text.size()));
  const std::string_view word =
      text.substr(0, std::min(text.find_first_of(" \t(),;"), text.size()));
  text.remove_prefix(word.size());
  return word;
}

bool is_version(std::string_view word) {
  if (!word.empty() && (word[0] == 'v' || word[0] == 'V')) word.remove_prefix(1);
  return !word.empty() && is_digit(word[0]) &&
         std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// "Exim 4.96 …", "nginx/1.22.1", "(vsFTPd 3.0.3)", "Dovecot (Debian) ready.": the first word that
// may be the name of a product, and its version if that is next. Greetings have no other form.
void find_product(std::string_view text, ServiceFacts& facts) {
  constexpr std::array<std::string_view, 8> kNotOne = {"THE", "WELCOME", "TO",      "READY",
                                                       "AT",  "SERVER",  "SERVICE", "HELLO"};
  while (!trimmed(text).empty()) {
    std::string_view word = next_word(text);
    if (word.empty()) break;
    const std::size_t slash = word.find('/');
    if (slash != word.npos && slash > 0 && is_version(word.substr(slash + 1))) {
      facts.product = word.substr(0, slash);
      facts.version = word.substr(slash + 1);
      return;
    }
    const std::string capitals = in_capitals(word);
    const bool is_name = std::isalpha(static_cast<unsigned char>(word[0])) != 0 &&
                         word.find_first_of("[]<>=@") == word.npos &&
                         std::find(kNotOne.begin(), kNotOne.end(), capitals) == kNotOne.end();
    if (!is_name) continue;
    std::string_view rest = text;
    const std::string_view next = next_word(rest);
    facts.product = word.substr(0, word.find_last_not_of(".!") + 1);
    if (is_version(next)) facts.version = next;
    return;
  }
}

std::optional<ServiceFacts> named(std::string_view protocol, std::string_view product = {},
                                  std::string_view version = {}) {
  ServiceFacts facts;
  facts.protocol = protocol;
  facts.product = product;
  facts.version = version;
  return facts;
}

// The value of a header field, or of "key:value" on a line of its own.
std::string_view field(std::string_view text, std::string_view name) {
  const std::string wanted = in_capitals(name);
  while (!text.empty()) {
    const std::string_view line = first_line(text);
    const std::size_t colon = line.find(':');
    if (colon != line.npos && in_capitals(line.substr(0, colon)) == wanted) {
      return trimmed(line.substr(colon + 1));
    }
    text.remove_prefix(
        std::min(text.size(), text.find('\n') == text.npos ? text.size() : text.find('\n') + 1));
  }
  return {};
}

// "PROTOCOL/1.1 200 …" and its header fields.
std::optional<ServiceFacts> read_status(std::string_view text, std::string_view protocol,
                                        std::string_view start) {
  if (!text.starts_with(start)) return std::nullopt;
  auto facts = named(protocol);
  std::string_view server = field(text, "server");
  if (server.empty()) server = field(text, "user-agent");
  const std::size_t slash = server.find('/');
  if (slash != server.npos) {
    std::string_view rest = server.substr(slash + 1);
    facts->product = server.substr(0, slash);
    facts->version = next_word(rest);
    facts->info = trimmed(rest);
  } else {
    facts->product = server;
  }
  if (facts->product.empty()) facts->info = first_line(text);
  return facts;
}

// "220 " or "220-", as SMTP and FTP begin: what comes after it.
std::optional<std::string_view> after_220(std::string_view text) {
  if (text.size() < 4 || !text.starts_with("220") || (text[3] != ' ' && text[3] != '-')) {
    return std::nullopt;
  }
  return first_line(text.substr(4));
}

bool is_port_of_mail(std::uint16_t port) { return port == 25 || port == 465 || port == 587; }

}  // namespace

std::optional<ServiceFacts> read_ssh(const Answer& answer) {
  // Other lines may come before the version.
  std::string_view text = answer.bytes;
  while (!text.starts_with("SSH-")) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  std::string_view line = first_line(text);
  const std::size_t dash = line.find('-', 4);
  if (dash == line.npos) return std::nullopt;
  const std::string_view software = line.substr(dash + 1, line.find(' ') - dash - 1);
  const std::size_t split = software.find_first_of("_-");
  auto facts = named("ssh", software.substr(0, split),
                     split == software.npos ? std::string_view() : software.substr(split + 1));
  if (line.find(' ') != line.npos) facts->info = trimmed(line.substr(line.find(' ')));
  return facts;
}

std::optional<ServiceFacts> read_smtp(const Answer& answer) {
  const auto greeting = after_220(answer.bytes);
  if (!greeting) return std::nullopt;
  const std::size_t word = in_capitals(*greeting).find("SMTP");
  if (word == std::string::npos && !is_port_of_mail(answer.port)) return std::nullopt;
  auto facts = named("smtp");
  if (word != std::string::npos) find_product(greeting->substr(word + 4), *facts);
  if (facts->product.empty()) facts->info = *greeting;
  return facts;
}

std::optional<ServiceFacts> read_ftp(const Answer& answer) {
  const auto greeting = after_220(answer.bytes);
  if (!greeting || (answer.port != 21 && !has_word(*greeting, "FTP"))) return std::nullopt;
  auto facts = named("ftp");
  find_product(*greeting, *facts);
  if (facts->version.empty()) facts->info = *greeting;
  return facts;
}

std::optional<ServiceFacts> read_pop3(const Answer& answer) {
  if (!answer.bytes.starts_with("+OK ")) return std::nullopt;
  auto facts = named("pop3");
  find_product(first_line(answer.bytes.substr(4)), *facts);
  return facts;
}

std::optional<ServiceFacts> read_imap(const Answer& answer) {
  std::string_view line = first_line(answer.bytes);
  if (!line.starts_with("* OK") && !line.starts_with("* PREAUTH")) return std::nullopt;
  line.remove_prefix(line[2] == 'O' ? 4 : 9);
  line = trimmed(line);
  if (line.starts_with('[')) line = line.substr(std::min(line.find(']'), line.size() - 1) + 1);
  auto facts = named("imap");
  find_product(line, *facts);
  return facts;
}

std::optional<ServiceFacts> read_nntp(const Answer& answer) {
  const bool greets = answer.bytes.starts_with("200 ") || answer.bytes.starts_with("201 ");
  const std::string_view line = first_line(answer.bytes);
  if (!greets || (answer.port != 119 && !has_word(line, "NNTP") && !has_word(line, "NEWS"))) {
    return std::nullopt;
  }
  auto facts = named("nntp");
  facts->info = line.substr(4);
  return facts;
}

std::optional<ServiceFacts> read_http(const Answer& answer) {
  return read_status(answer.bytes, "http", "HTTP/1.");
}

std::optional<ServiceFacts> read_rtsp(const Answer& answer) {
  return read_status(answer.bytes, "rtsp", "RTSP/");
}

std::optional<ServiceFacts> read_sip(const Answer& answer) {
  return read_status(answer.bytes, "sip", "SIP/2.0 ");
}

std::optional<ServiceFacts> read_redis(const Answer& answer) {
  const std::string_view text = answer.bytes;
  if (text.starts_with("$") && text.find("redis_version:") != text.npos) {
    const std::string_view fork = field(text, "valkey_version");
    auto facts = fork.empty() ? named("redis", "Redis", field(text, "redis_version"))
                              : named("redis", "Valkey", fork);
    facts->info = field(text, "redis_mode");
    return facts;
  }
  if (text.starts_with("-NOAUTH") || text.starts_with("-DENIED") ||
      text.starts_with("-ERR unknown command") || text.starts_with("-ERR wrong number of arg")) {
    auto facts = named("redis");
    facts->info = first_line(text.substr(1));
    return facts;
  }
  return std::nullopt;
}

std::optional<ServiceFacts> read_memcached(const Answer& answer) {
  constexpr std::string_view kVersion = "VERSION ";
  if (!answer.bytes.starts_with(kVersion)) return std::nullopt;
  return named("memcached", "memcached", first_line(answer.bytes.substr(kVersion.size())));
}

std::optional<ServiceFacts> read_zookeeper(const Answer& answer) {
  constexpr std::string_view kVersion = "Zookeeper version: ";
  if (answer.bytes.starts_with("srvr is not executed")) {
    return named("zookeeper", "ZooKeeper");
  }
  if (!answer.bytes.starts_with(kVersion)) return std::nullopt;
  std::string_view rest = first_line(answer.bytes.substr(kVersion.size()));
  return named("zookeeper", "ZooKeeper", next_word(rest));
}

std::optional<ServiceFacts> read_rfb(const Answer& answer) {
  constexpr std::size_t kLength = 12;  // "RFB 003.008\n"
  if (answer.bytes.size() < kLength || !answer.bytes.starts_with("RFB ")) return std::nullopt;
  auto facts = named("vnc");
  facts->info = "protocol " + std::string(answer.bytes.substr(4, 7));
  return facts;
}

std::optional<ServiceFacts> read_rsync(const Answer& answer) {
  constexpr std::string_view kStart = "@RSYNCD: ";
  if (!answer.bytes.starts_with(kStart)) return std::nullopt;
  auto facts = named("rsync");
  facts->info = "protocol " + std::string(first_line(answer.bytes.substr(kStart.size())));
  return facts;
}

std::optional<ServiceFacts> read_nats(const Answer& answer) {
  if (!answer.bytes.starts_with("INFO {")) return std::nullopt;
  constexpr std::string_view kKey = "\"version\":\"";
  const std::size_t key = answer.bytes.find(kKey);
  if (key == answer.bytes.npos) return named("nats", "NATS");
  const std::string_view rest = answer.bytes.substr(key + kKey.size());
  return named("nats", "NATS", rest.substr(0, rest.find('"')));
}

std::optional<ServiceFacts> read_irc(const Answer& answer) {
  const std::string_view line = first_line(answer.bytes);
  const bool prefixed = line.starts_with(':') &&
                        (line.find(" NOTICE ") != line.npos || line.find(" 451 ") != line.npos);
  if (!prefixed && !line.starts_with("NOTICE ") && !line.starts_with("ERROR :")) {
    return std::nullopt;
  }
  return named("irc");
}

std::optional<ServiceFacts> read_xmpp(const Answer& answer) {
  if (answer.bytes.find("<stream:stream") == std::string_view::npos) return std::nullopt;
  return named("xmpp");
}

}  // namespace sluice::tools::scan
