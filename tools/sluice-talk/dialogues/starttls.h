// STARTTLS: the lines in plain text with which a mail or chat server is asked to begin TLS.
//
// What it is: a Dialogue, and transports that have it on the wire before TLS.
// Safety: what a peer sends in plain text may come from somebody in between. Nothing of it reaches
// the handler, and bytes after the answer that allows TLS end the connection: those of a command
// injection (CVE-2011-0411). A server that offers no STARTTLS is refused, not spoken to without it.
// Memory: at most kMaxPlainText bytes of the peer.
// Lifetime, thread, errors: those of dialogue.h.
// Source: RFC 3207 (SMTP), RFC 9051 (IMAP), RFC 2595 (POP3), RFC 6120 (XMPP).
#ifndef SLUICE_TOOLS_SLUICE_TALK_DIALOGUES_STARTTLS_H
#define SLUICE_TOOLS_SLUICE_TALK_DIALOGUES_STARTTLS_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../../../reactor/stream/transport.h"
#include "dialogue.h"

namespace sluice::tools::talk {

enum class StartTls : std::uint8_t { smtp, imap, pop3, xmpp };

inline constexpr std::string_view kStartTlsNames = "smtp, imap, pop3 or xmpp";
[[nodiscard]] std::optional<StartTls> start_tls_from(std::string_view name) noexcept;

class StartTlsDialogue final : public Dialogue {
 public:
  static constexpr std::size_t kMaxPlainText = std::size_t{16} * 1024;

  // `server` is its name, which XMPP asks for, and `client` is what the client calls itself, which
  // SMTP asks for: "[192.0.2.1]".
  StartTlsDialogue(StartTls protocol, std::string_view server, std::string_view client);

  void receive(std::string_view bytes) override;
  void on_end() override;
  // A server waits for TLS after its answer, so what follows that is read too, and is a fault.
  [[nodiscard]] std::size_t wanted() const noexcept override { return kMaxPlainText; }
  [[nodiscard]] bool is_done() const noexcept override { return phase_ == Phase::done; }

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
};

// `server` as for StartTlsDialogue.
TransportFactory start_tls(StartTls protocol, std::string server, TransportFactory inner);

}  // namespace sluice::tools::talk

#endif
