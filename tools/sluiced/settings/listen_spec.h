// What one -l, or an endpoint of a service in a file, asks for: a kind, an endpoint and settings.
//
// Plain data. read_spec() (listen_reader.h) makes it.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_LISTEN_SPEC_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_LISTEN_SPEC_H

#include <cassert>
#include <cstddef>
#include <string>

#include "../../common/target.h"
#include "settings.h"

namespace sluice::tools::daemon {

struct ListenSpec {
  std::string kind;  // "echo"
  Target target;     // without an endpoint as long as its host has to be looked up
  // The scheme that is written instead of tcp or unix, for what the service speaks there: "http",
  // "tls", "https", "ws", "wss", "ws+unix".
  std::string layer = {};
  Settings settings;
  int descriptor = -1;  // of a socket that was passed to the process, in place of one to bind
  // Where the keys allow and deny are written: "sluiced.conf:12", or an -l. Empty without them.
  std::string allow_at = {};
  std::string deny_at = {};
  // The endpoints of one service, which share what the kind lets them share, have the same number.
  std::size_t service = 0;

  // REQUIRES: the host has been looked up, or is an address.
  [[nodiscard]] const Endpoint& endpoint() const noexcept {
    assert(target.endpoint.has_value());
    return *target.endpoint;
  }
  // Whether the host is a name that has not been looked up.
  [[nodiscard]] bool is_named() const noexcept { return !target.endpoint.has_value(); }
  [[nodiscard]] Scheme scheme() const noexcept { return target.scheme(); }
  [[nodiscard]] bool speaks_websocket() const noexcept { return layer.starts_with("ws"); }
  // An endpoint of this service, as its configuration writes it: "http://127.0.0.1:9100".
  [[nodiscard]] std::string written(const Endpoint& at) const {
    std::string text = at.to_string();
    if (layer.empty()) return text;
    return layer + text.substr(text.find(':'));
  }
};

}  // namespace sluice::tools::daemon

#endif
