// The command line of sluice-talk.
//
// Errors: parse_talk_options() throws UsageError, which names the option, what was read and what is
// allowed. The page sluice-talk(1) describes each option, and a test holds the two together.
#ifndef SLUICE_TOOLS_SLUICE_TALK_OPTIONS_H
#define SLUICE_TOOLS_SLUICE_TALK_OPTIONS_H

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../../protocols/proxy/proxy_header.h"
#include "../../reactor/loop/loop.h"
#include "../common/command_line.h"
#include "../common/target.h"
#include "datagram_session.h"
#include "printer.h"
#include "tls_settings.h"
#include "tunnel.h"
#include "websocket_settings.h"
#include "wire.h"

namespace sluice::tools::talk {

struct TalkOptions {
  Target target;
  WireOptions wire;
  std::vector<std::string> send;
  std::optional<std::uint64_t> expect;
  std::chrono::milliseconds timeout{0};           // 0: none
  std::optional<std::chrono::milliseconds> wait;  // after the end of the input; none: no limit
  std::chrono::milliseconds interval{0};          // between two messages that are sent
  int family = AF_UNSPEC;                         // of the host's addresses
  bool listen = false;                            // accept; over UDP, bind and receive
  bool keep_listening = false;                    // accept the next one after each connection
  bool receive_only = false;                      // the input is not read
  bool keep_open = false;  // the stream is not half-closed at the end of the input
  bool reconnect = false;
  bool broadcast = false;
  std::optional<Endpoint> bind;
  std::optional<TlsSettings> tls;              // of tls:// and wss://
  std::optional<WebSocketSettings> websocket;  // of ws:// and wss://
  std::optional<ProxyVersion> proxy_header;
  std::optional<TunnelSettings> tunnel;
  std::vector<MulticastGroup> join;
  PrintFormat format = PrintFormat::text;
  bool verbose = false;
  LoopOptions loop;
  // The text for --help or --version. If it is not empty, the program does nothing else.
  std::string answer;

  [[nodiscard]] bool accepts() const noexcept { return listen && !over_udp(); }
  [[nodiscard]] bool over_udp() const noexcept { return target.scheme() == Scheme::udp; }
};

// Every option, in the order of --help: for the shells' completions.
std::span<const OptionSpec> talk_option_table() noexcept;

TalkOptions parse_talk_options(int argc, const char* const* argv);

}  // namespace sluice::tools::talk

#endif
