// What one -l says: NAME=ENDPOINT[,KEY=VALUE]...
//
//   echo=tcp://127.0.0.1:7007,max=1000,idle=30s
//   greet=unix:///run/g.sock,mode=0660,text=Hello\, world.
//
// What it is: a pure parser; it opens nothing. The first '=' ends the name, so that a path may hold
// more of them. Everywhere else `\,` is a comma, `\\` a backslash, `\n` and `\r` what they are in
// C.
// Errors: UsageError that names the part, what was read and what is allowed.
#ifndef SLUICE_TOOLS_SLUICED_LISTEN_SPEC_H
#define SLUICE_TOOLS_SLUICED_LISTEN_SPEC_H

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../../reactor/endpoint.h"
#include "../../reactor/listener.h"
#include "services.h"

namespace sluice {

struct ListenSpec {
  const Service* service;
  Endpoint endpoint;
  ListenerOptions stream;    // for tcp and unix
  DatagramOptions datagram;  // for udp
  std::optional<std::string> text;
};

// `idle` is the idle timeout where the key is not given.
ListenSpec parse_listen_spec(std::string_view text, std::chrono::milliseconds idle);

struct ListenKey {
  std::string_view name;
  std::string_view value;    // what it takes, in a word: "COUNT"
  std::string_view summary;  // for --help
  bool (*applies)(const Service& service, Transport transport);
  void (*apply)(ListenSpec& spec, std::string_view value);
};

std::span<const ListenKey> listen_keys() noexcept;

}  // namespace sluice

#endif
