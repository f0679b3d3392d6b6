// What one -l says: NAME=ENDPOINT[,KEY=VALUE]...
//
//   echo=tcp://127.0.0.1:7007,max=1000,idle=30s
//   greet=unix:///run/g.sock,mode=0660,text=Hello\, world.
//
// What it is: a pure parser; it opens nothing and looks up no name. The first '=' ends the name, so
// that a path may hold more of them. Everywhere else `\,` is a comma, `\\` a backslash, `\n` and
// `\r` what they are in C.
// Errors: UsageError that names the part, what was read and what is allowed.
#ifndef SLUICE_TOOLS_SLUICED_LISTEN_SPEC_H
#define SLUICE_TOOLS_SLUICED_LISTEN_SPEC_H

#include <cassert>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../../reactor/base/endpoint.h"
#include "../../reactor/datagram/datagram.h"
#include "../../reactor/stream/listener.h"
#include "../common/target.h"
#include "services.h"

namespace sluice::tools::daemon {

// A -l whose host is a name, to be read again when its addresses are known: listen_names.h.
struct NamedListen {
  NamedHost host;
  std::string text;
  std::chrono::milliseconds idle;
};

struct ListenSpec {
  const Service* service;
  Endpoint endpoint;                          // of loopback as long as there is a name
  std::optional<NamedListen> named;           // none once it has been looked up
  ListenerOptions stream;                     // for tcp and unix
  DatagramOptions datagram;                   // for udp
  std::unique_ptr<ServiceSettings> settings;  // null when the service has none

  // REQUIRES: the settings of this service are a Settings.
  template <class Settings>
  [[nodiscard]] Settings& settings_as() const noexcept {
    assert(dynamic_cast<Settings*>(settings.get()) != nullptr);
    return static_cast<Settings&>(*settings);
  }
};

// `idle` is the idle timeout where the key is not given; `at` is where a named host was found.
ListenSpec parse_listen_spec(std::string_view text, std::chrono::milliseconds idle,
                             const Endpoint* at = nullptr);

// The keys that every service takes; its own are in Service::keys.
std::span<const ListenKey> common_keys() noexcept;

// "on" or "off". Throws UsageError that names `what`.
bool parse_switch(std::string_view what, std::string_view text);

}  // namespace sluice::tools::daemon

#endif
