// The TLS of a session: its files, and a description of what was negotiated.
//
// What it is: a value. There are two sources: one with sluice-tls, and one for a build without
// OpenSSL, in which nothing makes a TlsLink.
// Errors: the constructor throws std::system_error that names the file or the setting.
// Thread: the loop's.
#ifndef SLUICE_TOOLS_SLUICE_TALK_TLS_LINK_H
#define SLUICE_TOOLS_SLUICE_TALK_TLS_LINK_H

#include <string>
#include <system_error>

#include "../../reactor/stream/connection.h"
#include "tls_settings.h"

namespace sluice::tools::talk {

class TlsLink {
 public:
  static bool is_built_in() noexcept;
  // "TLSv1.3, TLS_AES_128_GCM_SHA256, ALPN h2, peer localhost". REQUIRES: on_open() has run.
  static std::string describe(const Connection& connection);

  // Reads the files. REQUIRES: is_built_in().
  explicit TlsLink(const TlsSettings& settings);

  [[nodiscard]] const TransportFactory& transport() const noexcept { return transport_; }
  // Why a connection ended, with the name that a certificate should have had, or with what it means
  // if the peer does not speak TLS. REQUIRES: its on_close() is running.
  [[nodiscard]] std::string explain(std::error_code reason) const;

 private:
  std::string name_;  // that the peer's certificate should have; empty: of a client, any
  TransportFactory transport_;
};

}  // namespace sluice::tools::talk

#endif
