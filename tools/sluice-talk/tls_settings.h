// What the command line says about the TLS of a session. Plain data: paths and names.
#ifndef SLUICE_TOOLS_SLUICE_TALK_TLS_SETTINGS_H
#define SLUICE_TOOLS_SLUICE_TALK_TLS_SETTINGS_H

#include <optional>
#include <string>
#include <vector>

#include "dialogues/starttls.h"

namespace sluice::tools::talk {

struct TlsSettings {
  bool serves = false;              // the other settings are those of a server
  std::string name{};               // of the server: a host or an IP address
  std::string ca{};                 // file of the roots to trust; empty: those of the system, or
                                    // of a server: a client needs no certificate
  std::string cert{};               // file of the own certificate; empty: none
  std::string key{};                // file of its key; empty: it is in `cert`
  std::vector<std::string> alpn{};  // protocols to offer, the best first
  bool insecure_no_verify = false;
  std::optional<StartTls>
      start{};  // the protocol in which TLS is asked for; none: it begins at once
};

}  // namespace sluice::tools::talk

#endif
