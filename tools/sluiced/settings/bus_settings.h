// The server that carries a chat between machines: plain data, and its spelling.
//
// Errors: the readers throw UsageError with what was read and what is allowed. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_BUS_SETTINGS_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_BUS_SETTINGS_H

#include <string>
#include <string_view>

#include "../../../reactor/base/address.h"

namespace sluice::tools::daemon {

struct BusSettings {
  std::string url;          // empty: there is none
  std::string secret_file;  // of which the first line is the secret; empty: none
  std::string secret;
  std::string ca_file;  // of the certificates that are trusted; empty: none
  std::string ca;       // PEM
  friend bool operator==(const BusSettings&, const BusSettings&) = default;
};

// redis://[USER@]ADDRESS[:PORT][/DATABASE], or rediss:// for TLS.
struct BusUrl {
  bool has_tls = false;
  std::string user;
  std::string host;  // as it was written, without brackets
  Address address;
  unsigned database = 0;
};
BusUrl parse_bus_url(std::string_view text);

// Reads what the settings name in files, and checks that they go together. Throws
// std::system_error that names the path, and UsageError.
void load_bus_files(BusSettings& bus);

}  // namespace sluice::tools::daemon

#endif
