// Readers of protocols whose answer is binary. Each length is the peer's, and is checked first.
#include <algorithm>

#include "protocol.h"

namespace sluice::tools::scan {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}
unsigned be16_at(std::string_view text, std::size_t at) {
  return byte_at(text, at) << 8 | byte_at(text, at + 1);
}
std::size_t be32_at(std::string_view text, std::size_t at) {
  return std::size_t{be16_at(text, at)} << 16 | be16_at(text, at + 2);
}

std::optional<ServiceFacts> facts_of(std::string_view protocol, std::string_view product = {},
                                     std::string_view version = {}) {
  ServiceFacts facts;
  facts.protocol = protocol;
  facts.product = product;
  facts.version = version;
  return facts;
}

// The string that follows `key` in a table of AMQP: 'S', four bytes of length, and the text.
std::string_view amqp_string(std::string_view table, std::string_view key) {
  const std::size_t at = table.find(key);
  if (at == table.npos) return {};
  const std::size_t type = at + key.size();
  constexpr std::size_t kHeader = 5;
  if (byte_at(table, type) != 'S' || table.size() < type + kHeader) return {};
  return table.substr(type + kHeader, be32_at(table, type + 1));
}

// Behind the name that begins at `at`; npos: it does not end.
std::size_t skip_name(std::string_view message, std::size_t at) {
  while (at < message.size()) {
    const unsigned length = byte_at(message, at);
    if (length >= 0xc0) return at + 2;  // a pointer ends a name
    at += 1 + length;
    if (length == 0) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<ServiceFacts> read_tls(const Answer& answer) {
  const unsigned type = byte_at(answer.bytes, 0);
  const bool record =
      answer.bytes.size() >= 6 && byte_at(answer.bytes, 1) == 3 && byte_at(answer.bytes, 2) <= 4;
  const bool hello = type == 0x16 && byte_at(answer.bytes, 5) == 2;
  const bool alert = type == 0x15 && be16_at(answer.bytes, 3) == 2;
  return record && (hello || alert) ? facts_of("tls") : std::nullopt;
}

std::optional<ServiceFacts> read_mysql(const Answer& answer) {
  const std::string_view text = answer.bytes;
  constexpr std::size_t kHeader = 4;  // three bytes of length, little-endian, and a number
  if (text.size() < kHeader + 3 || byte_at(text, 2) != 0) return std::nullopt;
  const std::size_t length = byte_at(text, 0) | byte_at(text, 1) << 8;
  if (length + kHeader > text.size() + kMaxAnswer || length < 3) return std::nullopt;
  const std::string_view packet = text.substr(kHeader, length);
  if (byte_at(packet, 0) == 0xff && byte_at(text, 3) == 0 && packet.size() > 3) {
    const unsigned code = byte_at(packet, 1) | byte_at(packet, 2) << 8;
    if (code < 1000 || code > 4999) return std::nullopt;
    auto facts = facts_of("mysql");
    facts->info = packet.substr(3);
    return facts;
  }
  if (byte_at(packet, 0) != 10 || byte_at(text, 3) != 0) return std::nullopt;
  const std::size_t end = packet.find('\0');
  if (end == packet.npos || end < 2) return std::nullopt;
  std::string_view version = packet.substr(1, end - 1);
  const std::size_t maria = version.find("MariaDB");
  if (maria == version.npos) return facts_of("mysql", "MySQL", version);
  if (version.starts_with("5.5.5-")) version.remove_prefix(6);  // for old clients
  return facts_of("mysql", "MariaDB", version.substr(0, version.find("-MariaDB")));
}

std::optional<ServiceFacts> read_postgresql(const Answer& answer) {
  // The answer to SSLRequest is one byte, or an error that begins so.
  const bool yes_or_no = answer.bytes == "S" || answer.bytes == "N";
  const bool error =
      byte_at(answer.bytes, 0) == 'E' && answer.bytes.find("FATAL") != std::string_view::npos;
  return yes_or_no || error ? facts_of("postgresql", "PostgreSQL") : std::nullopt;
}

std::optional<ServiceFacts> read_mqtt(const Answer& answer) {
  const bool acknowledges = answer.bytes.size() == 4 && be16_at(answer.bytes, 0) == 0x2002 &&
                            byte_at(answer.bytes, 3) <= 5;
  if (!acknowledges) return std::nullopt;
  auto facts = facts_of("mqtt");
  facts->info = byte_at(answer.bytes, 3) == 0 ? "accepts anybody" : "needs authentication";
  if (byte_at(answer.bytes, 3) < 4 && byte_at(answer.bytes, 3) != 0) facts->info = "refused";
  return facts;
}

std::optional<ServiceFacts> read_amqp(const Answer& answer) {
  const std::string_view text = answer.bytes;
  if (text.starts_with("AMQP") && text.size() >= 8) return facts_of("amqp");
  // A frame of a method on channel 0: Connection.Start.
  const bool start = text.size() > 11 && byte_at(text, 0) == 1 && be16_at(text, 1) == 0 &&
                     be32_at(text, 7) == 0x000a000a;
  if (!start) return std::nullopt;
  return facts_of("amqp", amqp_string(text, "\x07product"), amqp_string(text, "\x07version"));
}

std::optional<ServiceFacts> read_dns(const Answer& answer) {
  // Over TCP there is a length in front. The number is that of the request.
  const std::string_view message =
      answer.bytes.substr(std::min<std::size_t>(2, answer.bytes.size()));
  constexpr std::size_t kHeader = 12;
  if (message.size() < kHeader || !message.starts_with("sl") || (byte_at(message, 2) & 0x80) == 0) {
    return std::nullopt;
  }
  auto facts = facts_of("dns");
  if (be16_at(message, 4) != 1 || be16_at(message, 6) == 0) return facts;
  const std::size_t question = skip_name(message, kHeader);
  if (question == message.npos) return facts;
  const std::size_t record = skip_name(message, question + 4);
  if (record == message.npos || be16_at(message, record) != 16) return facts;
  constexpr std::size_t kFixed = 10;  // type, class, time to live, length
  if (record + kFixed + 1 > message.size()) return facts;
  std::string_view text = message.substr(record + kFixed + 1, byte_at(message, record + kFixed));
  // "dnsmasq-2.89", "unbound 1.17.1", "9.18.24-1-Debian": BIND says its number alone.
  const std::size_t split = text.find_first_of("- ");
  const unsigned first = byte_at(text, 0);
  if (first >= '0' && first <= '9') {
    facts->product = text.starts_with("9.") ? "BIND" : "";
    facts->version = text;
  } else if (split != text.npos && byte_at(text, split + 1) >= '0' &&
             byte_at(text, split + 1) <= '9') {
    facts->product = text.substr(0, split);
    facts->version = text.substr(split + 1);
  } else {
    facts->info = text;
  }
  return facts;
}

std::optional<ServiceFacts> read_ldap(const Answer& answer) {
  // A sequence with the number 1 and the result of a search: an entry, or its end.
  const std::string_view text = answer.bytes;
  if (text.size() < 7 || byte_at(text, 0) != 0x30) return std::nullopt;
  const std::size_t length = byte_at(text, 1);
  const std::size_t body = length < 0x80 ? 2 : 2 + (length & 0x7f);
  if (text.substr(std::min(body, text.size()), 3) != std::string_view("\x02\x01\x01", 3)) {
    return std::nullopt;
  }
  const unsigned operation = byte_at(text, body + 3);
  if (operation != 0x64 && operation != 0x65 && operation != 0x78) return std::nullopt;
  return facts_of("ldap");
}

std::optional<ServiceFacts> read_rdp(const Answer& answer) {
  // TPKT, and the confirmation of a connection (X.224).
  const bool confirms = answer.bytes.size() >= 7 && be16_at(answer.bytes, 0) == 0x0300 &&
                        byte_at(answer.bytes, 5) == 0xd0;
  return confirms ? facts_of("rdp") : std::nullopt;
}

std::optional<ServiceFacts> read_smb(const Answer& answer) {
  constexpr std::size_t kDialect = 4 + 64 + 4;
  if (answer.bytes.substr(std::min<std::size_t>(4, answer.bytes.size()), 4) != "\xfeSMB") {
    return std::nullopt;
  }
  auto facts = facts_of("smb");
  const unsigned dialect = byte_at(answer.bytes, kDialect + 1);
  if (dialect == 2 || dialect == 3) {
    facts->info = "dialect " + std::to_string(dialect) + '.' +
                  std::to_string(byte_at(answer.bytes, kDialect) >> 4) + '.' +
                  std::to_string(byte_at(answer.bytes, kDialect) & 0xf);
  }
  return facts;
}

std::optional<ServiceFacts> read_socks5(const Answer& answer) {
  const unsigned method = byte_at(answer.bytes, 1);
  if (answer.bytes.size() != 2 || byte_at(answer.bytes, 0) != 5) return std::nullopt;
  if (method != 0 && method != 0xff) return std::nullopt;
  auto facts = facts_of("socks5");
  facts->info = method == 0 ? "accepts anybody" : "needs authentication";
  return facts;
}

std::optional<ServiceFacts> read_mongodb(const Answer& answer) {
  // A header of 16 bytes with the number of our request, and a document with a text "version".
  constexpr std::size_t kOperation = 12;
  const std::string_view text = answer.bytes;
  const unsigned operation = byte_at(text, kOperation) | byte_at(text, kOperation + 1) << 8;
  if (text.size() < 26 || text.substr(8, 4) != "slui" || operation != 2013) return std::nullopt;
  constexpr std::string_view kKey("\x02version\0", 9);
  const std::size_t key = text.find(kKey);
  if (key == text.npos) return facts_of("mongodb", "MongoDB");
  const std::string_view value = text.substr(std::min(key + kKey.size() + 4, text.size()));
  return facts_of("mongodb", "MongoDB", value.substr(0, value.find('\0')));
}

std::optional<ServiceFacts> read_cassandra(const Answer& answer) {
  constexpr unsigned kSupported = 6, kError = 0;
  const unsigned operation = byte_at(answer.bytes, 4);
  const bool response = answer.bytes.size() >= 9 && (byte_at(answer.bytes, 0) & 0x80) != 0 &&
                        (byte_at(answer.bytes, 0) & 0x7f) <= 5 &&
                        be16_at(answer.bytes, 2) == 0x736c;
  if (!response || (operation != kSupported && operation != kError)) return std::nullopt;
  return facts_of("cassandra", "Cassandra");
}

std::optional<ServiceFacts> read_telnet(const Answer& answer) {
  const unsigned command = byte_at(answer.bytes, 1);  // WILL, WONT, DO, DONT
  const bool negotiates = answer.bytes.size() >= 3 && byte_at(answer.bytes, 0) == 0xff &&
                          command >= 0xfb && command <= 0xfe;
  return negotiates ? facts_of("telnet") : std::nullopt;
}

std::optional<ServiceFacts> read_bgp(const Answer& answer) {
  constexpr std::size_t kMarker = 16;
  const std::string_view text = answer.bytes;
  const bool marked =
      text.size() >= kMarker + 3 && text.substr(0, kMarker).find_first_not_of('\xff') == text.npos;
  return marked && byte_at(text, kMarker + 2) <= 5 ? facts_of("bgp") : std::nullopt;
}

}  // namespace sluice::tools::scan
