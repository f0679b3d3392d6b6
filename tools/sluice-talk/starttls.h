// STARTTLS: the lines in plain text with which a mail or chat server is asked to begin TLS.
//
// What it is: StartTlsDialogue is the client's side without a socket. start_tls() makes transports
// that have the dialogue on the wire, and then run an inner transport, which is TLS.
// Safety: what a peer sends in plain text may come from somebody in between. Nothing of it reaches
// the handler, and bytes after the answer that allows TLS end the connection: those of a command
// injection (CVE-2011-0411). A server that offers no STARTTLS is refused, not spoken to without it.
// Memory: at most kMaxPlainText bytes of the peer.
// Lifetime: connections own the transports. Thread: the loop's.
// Errors: the connection ends with CloseReason::open_failed, and start_tls_fault() says why.
// Source: RFC 3207 (SMTP), RFC 9051 (IMAP), RFC 2595 (POP3), RFC 6120 (XMPP).
#ifndef SLUICE_TOOLS_SLUICE_TALK_STARTTLS_H
#define SLUICE_TOOLS_SLUICE_TALK_STARTTLS_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../../reactor/stream/connection.h"
#include "../../reactor/stream/transport.h"

namespace sluice::tools::talk {

enum class StartTls : std::uint8_t { smtp, imap, pop3, xmpp };

inline constexpr std::string_view kStartTlsNames = "smtp, imap, pop3 or xmpp";
[[nodiscard]] std::optional<StartTls> start_tls_from(std::string_view name) noexcept;

class StartTlsDialogue {
 public:
  static constexpr std::size_t kMaxPlainText = std::size_t{16} * 1024;

  // `server` is its name, which XMPP asks for, and `client` is what the client calls itself, which
  // SMTP asks for: "[192.0.2.1]".
  StartTlsDialogue(StartTls protocol, std::string_view server, std::string_view client);

  // What has arrived from the peer. REQUIRES: not done, and no fault.
  void receive(std::string_view bytes);
  void on_end();
  // What is to be sent next; the caller takes it away.
  std::string& output() noexcept { return output_; }
  // The next byte in either direction belongs to TLS.
  [[nodiscard]] bool is_done() const noexcept { return phase_ == Phase::done; }
  // Empty: nothing is wrong.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 private:
  enum class Phase : std::uint8_t { greeting, features, answer, done };

  // The next line without its end, or the next tag of XML; nothing while it is incomplete.
  std::optional<std::string> take_unit();
  void read_unit(std::string_view unit);
  void read_smtp(std::string_view line);
  void read_imap(std::string_view line);
  void read_pop3(std::string_view line);
  void read_xmpp(std::string_view tag);
  void ask(std::string_view command, Phase next);
  void refused(std::string_view answer);
  void not_spoken(std::string_view found);

  StartTls protocol_;
  Phase phase_ = Phase::greeting;
  bool is_offered_ = false;
  std::string client_;
  std::string input_;
  std::size_t received_ = 0;
  std::string output_;
  std::string fault_;
};

// `server` as for StartTlsDialogue.
TransportFactory start_tls(StartTls protocol, std::string server, TransportFactory inner);

// Why the dialogue of a connection has failed; empty if it has not, or if there was none.
std::string start_tls_fault(const Connection& connection);

}  // namespace sluice::tools::talk

#endif
