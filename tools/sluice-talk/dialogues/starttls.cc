#include "starttls.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <memory>
#include <utility>

#include "../../../reactor/base/text/quote.h"

namespace sluice::tools::talk {
namespace {

constexpr std::size_t kMaxShownAnswer = 100;  // bytes of the peer's in a message
constexpr std::string_view kXmppNamespace = "urn:ietf:params:xml:ns:xmpp-tls";

struct Named {
  std::string_view name;
  StartTls protocol;
  std::string_view shown;
};
// In the order of StartTls.
constexpr std::array kProtocols = {
    Named{"smtp", StartTls::smtp, "SMTP"}, Named{"imap", StartTls::imap, "IMAP"},
    Named{"pop3", StartTls::pop3, "POP3"}, Named{"xmpp", StartTls::xmpp, "XMPP"}};

bool is_same_word(std::string_view one, std::string_view upper) noexcept {
  return std::equal(one.begin(), one.end(), upper.begin(), upper.end(), [](char c, char u) {
    return (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c) == u;
  });
}

bool begins_with_word(std::string_view line, std::string_view upper) noexcept {
  return is_same_word(line.substr(0, upper.size()), upper) &&
         (line.size() == upper.size() || line[upper.size()] == ' ');
}

std::string in_attribute(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '\'') {
      escaped += "&apos;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// "proceed" of "<proceed xmlns='...'/>", "/features" of "</stream:features>".
std::string element_of(std::string_view tag) {
  const bool closes = tag.starts_with("</");
  std::string_view name = tag.substr(closes ? 2 : 1);
  name = name.substr(0, name.find_first_of(" \t\r\n/>"));
  const std::size_t prefix = name.find(':');
  if (prefix != name.npos) name.remove_prefix(prefix + 1);
  return (closes ? "/" : "") + std::string(name);
}

// Where the tag ends that begins somewhere in `text`; a '>' in quotes is no end.
std::size_t end_of_tag(std::string_view text) noexcept {
  char quote = 0;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!inside) {
      inside = c == '<';
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '>') {
      return i + 1;
    } else if (c == '"' || c == '\'') {
      quote = c;
    }
  }
  return text.npos;
}

}  // namespace

std::optional<StartTls> start_tls_from(std::string_view name) noexcept {
  for (const Named& each : kProtocols) {
    if (each.name == name) return each.protocol;
  }
  return {};
}

StartTlsDialogue::StartTlsDialogue(StartTls protocol, std::string_view server,
                                   std::string_view client)
    : protocol_(protocol), client_(client) {
  if (protocol_ != StartTls::xmpp) return;
  ask("<?xml version='1.0'?><stream:stream to='" + in_attribute(server) +
          "' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
      Phase::features);
}

void StartTlsDialogue::receive(std::string_view bytes) {
  assert(!is_done() && fault_.empty());
  received_ += bytes.size();
  if (received_ > kMaxPlainText) {
    fault_ = "the peer sent more than " + std::to_string(kMaxPlainText) + " bytes before TLS";
    return;
  }
  input_ += bytes;
  while (fault_.empty() && !is_done()) {
    const std::optional<std::string> unit = take_unit();
    if (!unit) return;
    read_unit(*unit);
  }
  if (is_done() && !input_.empty()) {
    fault_ = "the peer sent " + std::to_string(input_.size()) +
             " bytes in plain text after it had agreed to TLS; somebody may have injected them";
  }
}

void StartTlsDialogue::on_end() { fault_ = "the peer closed before TLS"; }

std::optional<std::string> StartTlsDialogue::take_unit() {
  const bool is_xml = protocol_ == StartTls::xmpp;
  const std::size_t feed = input_.find('\n');
  const std::size_t end = is_xml ? end_of_tag(input_) : feed == input_.npos ? feed : feed + 1;
  if (end == input_.npos) return {};
  std::string unit = input_.substr(0, end);
  input_.erase(0, end);
  if (is_xml) return unit.substr(unit.find('<'));
  unit.pop_back();
  if (unit.ends_with('\r')) unit.pop_back();
  return unit;
}

void StartTlsDialogue::read_unit(std::string_view unit) {
  switch (protocol_) {
    case StartTls::smtp:
      return read_smtp(unit);
    case StartTls::imap:
      return read_imap(unit);
    case StartTls::pop3:
      return read_pop3(unit);
    case StartTls::xmpp:
      return read_xmpp(unit);
  }
}

// A reply is one line or several: "250-mail.example", "250 STARTTLS".
void StartTlsDialogue::read_smtp(std::string_view line) {
  const bool has_code = line.size() >= 3 &&
                        line.substr(0, 3).find_first_not_of("0123456789") == std::string_view::npos;
  const char after = line.size() > 3 ? line[3] : ' ';
  if (!has_code || (after != ' ' && after != '-')) return not_spoken(line);
  const bool is_last = after == ' ';
  if (line.substr(0, 3) != (phase_ == Phase::features ? "250" : "220")) return refused(line);
  if (phase_ == Phase::features && line.size() > 4) {
    is_offered_ = is_offered_ || begins_with_word(line.substr(4), "STARTTLS");
  }
  if (!is_last) return;
  if (phase_ == Phase::greeting) return ask("EHLO " + client_ + "\r\n", Phase::features);
  if (phase_ == Phase::answer) return ask("", Phase::done);
  if (!is_offered_) return refused("");
  ask("STARTTLS\r\n", Phase::answer);
}

void StartTlsDialogue::read_imap(std::string_view line) {
  const bool is_untagged = line.starts_with("* ");
  const std::string_view rest = line.substr(std::min<std::size_t>(2, line.size()));
  if (phase_ == Phase::greeting) {
    if (!is_untagged) return not_spoken(line);
    // After PREAUTH there is no STARTTLS, and an attacker may have written it: RFC 9051, 11.3.
    if (!begins_with_word(rest, "OK")) return refused(line);
    return ask("s STARTTLS\r\n", Phase::answer);
  }
  if (is_untagged && !begins_with_word(rest, "BYE")) return;  // such as capabilities
  if (!is_untagged && !line.starts_with("s ")) return not_spoken(line);
  if (is_untagged || !begins_with_word(rest, "OK")) return refused(line);
  ask("", Phase::done);
}

void StartTlsDialogue::read_pop3(std::string_view line) {
  if (begins_with_word(line, "-ERR")) return refused(line);
  if (!begins_with_word(line, "+OK")) return not_spoken(line);
  if (phase_ == Phase::answer) return ask("", Phase::done);
  ask("STLS\r\n", Phase::answer);
}

void StartTlsDialogue::read_xmpp(std::string_view tag) {
  const std::string name = element_of(tag);
  if (name == "error" || name == "failure" || name == "/stream") return refused(tag);
  if (phase_ == Phase::answer) {
    // "<proceed/>", or "<proceed></proceed>".
    if (name == "/proceed" || (name == "proceed" && tag.ends_with("/>"))) ask("", Phase::done);
    return;
  }
  if (name == "html" || name == "!DOCTYPE") return not_spoken(tag);
  if (name == "starttls") is_offered_ = tag.find(kXmppNamespace) != tag.npos;
  if (name != "/features" && (name != "features" || !tag.ends_with("/>"))) return;
  if (!is_offered_) return refused("");
  ask("<starttls xmlns='" + std::string(kXmppNamespace) + "'/>", Phase::answer);
}

void StartTlsDialogue::ask(std::string_view command, Phase next) {
  output_ += command;
  phase_ = next;
}

void StartTlsDialogue::refused(std::string_view answer) {
  fault_ = answer.empty() ? "the peer offers no STARTTLS"
                          : "the peer refused STARTTLS: " + escape(answer, kMaxShownAnswer);
}

void StartTlsDialogue::not_spoken(std::string_view found) {
  fault_ = "the peer does not speak " +
           std::string(kProtocols.at(static_cast<std::size_t>(protocol_)).shown) + ": " +
           escape(found, kMaxShownAnswer);
}

TransportFactory start_tls(StartTls protocol, std::string server, TransportFactory inner) {
  const auto make = [protocol, server = std::move(server)](Wire wire) {
    // RFC 5321, 4.1.3: a client without a name is its address.
    const Address local = Address::local_of(wire.fd());
    const std::string host = local.is_ip() ? local.host() : "127.0.0.1";
    const bool is_ipv6 = local.family() == AF_INET6;
    const std::string client = (is_ipv6 ? "[IPv6:" : "[") + host.substr(0, host.find('%')) + ']';
    return std::make_unique<StartTlsDialogue>(protocol, server, client);
  };
  return hold_dialogue(make, std::move(inner));
}

}  // namespace sluice::tools::talk
